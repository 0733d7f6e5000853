// corpus.c — nothing: this target exists to copy Sources/Explainer/Corpus beside the program.
// For a Swift target with resources the build adds code that imports Foundation, which the server does without
// (8 MB of memory, 10 ms at every start); for a C target it copies and adds nothing.
