// swift-tools-version: 6.2
// Swiftlet: one package, many small modules. Dependencies point downward only (README, "Structure").

import PackageDescription

/// Every Swift target: language mode 6 plus the upcoming features that make imports and existentials explicit.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Modules in which no pointer may appear: `unsafe` does not compile silently there.
let pointerFree: [SwiftSetting] = strict + [.strictMemorySafety()]

/// Modules whose job is pointers: mapped files, kernels, libuv.
let pointers: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]

func module(
    _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting], exclude: [String] = []
) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = strict, exclude: [String] = []
) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies + ["TestSupport"], exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "swiftlet",
    products: [
        .executable(name: "swiftlet", targets: ["swiftlet"]),
        .executable(name: "swiftlet-bench", targets: ["swiftlet-bench"]),
    ],
    targets: [
        // System libraries and the one C target.
        .systemLibrary(name: "CLibUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibStemmer", providers: [.apt(["libstemmer-dev"])]),
        .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),
        .target(
            name: "CKernels", exclude: ["README.md"],
            cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno"])],
            linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CLimits", cSettings: [.unsafeFlags(["-O3"])]),
        // Only files: why they hang on a C target stands in its one source.
        .target(name: "CorpusFiles", resources: [.copy("../Explainer/Corpus")]),
        .target(name: "PageFiles", resources: [.copy("../Page")]),

        // The runtime, bottom up.
        module("Base", [], settings: pointers),
        module("Kernels", ["Base", "CKernels", "COpenBLAS"], settings: pointers),
        module("Checkpoint", ["Base", "Kernels"], settings: pointers),
        module("Tokenization", ["Base", "CPCRE2"], settings: strict),
        module("Sampling", ["Base", "Kernels"], settings: strict),
        module("Transformer", ["Base", "Kernels", "Checkpoint"], settings: pointers),
        module("Retrieval", ["Base", "Kernels", "CLibStemmer"], settings: strict),
        module("Embedding", ["Base", "Kernels", "Retrieval", "Tokenization", "Transformer"], settings: strict),
        module(
            "Engine", ["Base", "Kernels", "Transformer", "Sampling"], settings: strict,
            exclude: ["Speculation/README.md", "Speculation/REJECTION.md"]),
        module("Limiting", ["Base", "CLibCrypto"], settings: strict, exclude: ["README.md"]),
        module("Network", ["Base", "CLibUV"], settings: pointers),
        module("Download", ["Base", "CLibCurl", "CLibCrypto"], settings: pointers),
        module("LoadGeneration", ["Base", "Network", "CLibCurl"], settings: pointers),
        module(
            "Explainer", ["Base", "CorpusFiles", "Engine", "Retrieval", "Sampling", "Tokenization"], settings: strict,
            exclude: ["Corpus", "README.md"]),
        module(
            "Server",
            [
                "Base", "Embedding", "Engine", "Explainer", "Limiting", "Network", "PageFiles", "Retrieval", "Sampling",
                "Tokenization",
            ],
            settings: strict, exclude: ["README.md"]),

        // The two programs, and what they share.
        module("Console", ["Base", "Kernels", "Limiting", "Sampling", "Transformer", "Engine"], settings: strict),
        .executableTarget(
            name: "swiftlet",
            dependencies: [
                "Base", "Kernels", "Checkpoint", "Tokenization", "Sampling", "Transformer", "Embedding", "Engine",
                "Limiting", "Network", "Retrieval", "Server", "Explainer", "Download", "Console",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "swiftlet-bench",
            dependencies: [
                "Base", "Kernels", "Checkpoint", "CLimits", "Tokenization", "Sampling", "Transformer", "Embedding",
                "Engine",
                "Network", "LoadGeneration", "Retrieval", "Console",
            ],
            path: "Bench", exclude: ["README.md", "peers", "results", "serving"], swiftSettings: strict),

        // Tests: one suite per module, and what they share.
        .target(
            name: "TestSupport", dependencies: ["Base", "Network"], path: "Tests/TestSupport", swiftSettings: strict),
        .target(name: "CAllocations", path: "Tests/CAllocations"),
        .target(
            name: "IndexHarness", dependencies: ["Retrieval"], path: "Tests/IndexHarness", swiftSettings: strict),
        .executableTarget(
            name: "index-child", dependencies: ["IndexHarness", "Retrieval"], path: "Tests/IndexChild",
            swiftSettings: strict),
        tests("Base", ["Base"]),
        tests("Kernels", ["Kernels", "Base", "CKernels", "COpenBLAS"]),
        tests("Checkpoint", ["Checkpoint", "Kernels", "Base"]),
        tests("Tokenization", ["Tokenization", "Base"]),
        tests("Sampling", ["Sampling", "Base"]),
        tests("Transformer", ["Transformer", "Checkpoint", "Kernels", "Tokenization", "Base"]),
        tests("Embedding", ["Embedding", "Retrieval", "Transformer", "Checkpoint", "Kernels", "Tokenization", "Base"]),
        tests("Engine", ["Engine", "Sampling", "Transformer", "Checkpoint", "Kernels", "Base", "CAllocations"]),
        tests("Limiting", ["Limiting", "Base"]),
        tests("Network", ["Network", "Base"]),
        tests("Download", ["Download", "Base"]),
        tests("LoadGeneration", ["LoadGeneration", "Network", "Base"]),
        tests("Retrieval", ["Retrieval", "Kernels", "Base", "IndexHarness", "index-child"]),
        tests("Explainer", ["Explainer", "Engine", "Retrieval", "Sampling", "Tokenization", "Base"]),
        tests("Console", ["Console", "Limiting", "Base"]),
        tests(
            "Server",
            [
                "Server", "Network", "Embedding", "Engine", "Explainer", "Limiting", "Retrieval", "Transformer",
                "Kernels", "Sampling", "Tokenization", "Base",
            ]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
