// Kernels — see the README.
