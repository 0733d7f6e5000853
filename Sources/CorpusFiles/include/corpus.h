// corpus.h — a C target must have a header. See corpus.c.
