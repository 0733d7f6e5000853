// page.h — a C target must have a header. See page.c.
