// main.swift — a process that writes to an index until it is killed, and says what was acknowledged.
// Tests.  `index-child FOLDER [BYTES]`: a line "N" after change N. With BYTES, no file may grow beyond them: the disk is
// full. Then a line "full N: reason" after the last change that was taken, and once more with room, "room N".

import Dispatch
import Glibc
import IndexHarness
import Retrieval

func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

func limitFiles(to bytes: UInt) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    limit.rlim_cur = min(bytes, limit.rlim_max)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}

let folder = CommandLine.arguments[1]
let byteLimit = CommandLine.arguments.count > 2 ? UInt(CommandLine.arguments[2]) : nil
signal(SIGXFSZ, SIG_IGN)

var options = IndexOptions()
options.flushChunkCount = 60
let writer: IndexWriter
do {
    writer = try IndexWriter(opening: folder, options: options)
} catch IndexError.missing {
    writer = try IndexWriter(
        creating: folder, embedder: "test", dimension: IndexWorkload.dimension, options: options)
}
var number = try IndexWorkload.counter(writer.snapshot)
// The test compares this with what it saw acknowledged.
say("\(number)")

guard let byteLimit else {
    DispatchQueue.global().async {
        while true {
            try? writer.mergeWherePaying()
            usleep(2000)
        }
    }
    while true {
        number += 1
        try writer.apply(IndexWorkload.changes(number))
        say("\(number)")
    }
}

limitFiles(to: byteLimit)
do {
    while number < 100_000 {
        try writer.apply(IndexWorkload.changes(number + 1))
        number += 1
        say("\(number)")
    }
} catch {
    say("full \(try IndexWorkload.counter(writer.snapshot)): \(error)")
}
limitFiles(to: .max)
try writer.apply(IndexWorkload.changes(number + 1))
say("room \(number + 1)")
try writer.compact()
