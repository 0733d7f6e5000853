// openblas.h — OpenBLAS loaded at run time, so that its CPU choice can be corrected before it starts.
#ifndef SWIFTLET_OPENBLAS_H
#define SWIFTLET_OPENBLAS_H
#endif
