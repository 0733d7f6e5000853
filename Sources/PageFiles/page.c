// page.c — nothing: this target exists to copy Sources/Page beside the program; CorpusFiles says why it is C.
