// swift-tools-version: 6.2
// Fuzzers of everything that reads a model's files or a client's bytes. A package of its own, so that building Swiftlet does not build it;
// the modules are Swiftlet's own sources through symbolic links, because `package` access ends at a package's border.

import PackageDescription

/// As in Swiftlet's Package.swift. The sanitizers come with Tests/Fuzz/run's command line, C included.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "fuzz",
    targets: [
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CKernels", exclude: ["README.md"], linkerSettings: [.linkedLibrary("m")]),
        .systemLibrary(name: "CLibUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        module("Base", []),
        module("Network", ["Base", "CLibUV"]),
        module("Kernels", ["Base", "CKernels", "COpenBLAS"]),
        module("Checkpoint", ["Base", "Kernels"]),
        module("Tokenization", ["Base", "CPCRE2"]),
        module("Transformer", ["Base", "Kernels", "Checkpoint"]),

        .executableTarget(
            name: "fuzz", dependencies: ["Base", "Checkpoint", "Network", "Tokenization", "Transformer"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
