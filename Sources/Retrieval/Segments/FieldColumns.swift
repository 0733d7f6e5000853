// FieldColumns.swift — which chunks of a segment have which values.
// Retrieval › Segments.  Made from the stored fields when the first filter asks.

internal import Base

struct FieldColumns: Sendable {
    struct Column: Sendable {
        var keywords: [[UInt8]: [UInt32]] = [:]
        var numbers: [(value: Double, ordinal: UInt32)] = []
        var flags: (on: [UInt32], off: [UInt32]) = ([], [])
    }

    /// By the name's bytes: text equality would merge spellings.
    private(set) var columns: [[UInt8]: Column] = [:]
    let chunkCount: Int

    init(_ segment: Segment) throws(SegmentError) {
        chunkCount = segment.chunkCount
        for ordinal in 0..<segment.chunkCount {
            let fields: [Field]
            do { fields = try segment.fields(ordinal) } catch {
                throw .inconsistent("the fields of chunk \(ordinal)")
            }
            for field in fields { append(field, UInt32(ordinal)) }
        }
    }

    private mutating func append(_ field: Field, _ ordinal: UInt32) {
        let name = Array(field.name.utf8)
        switch field.value {
        case .keywords(let words):
            for word in words {
                columns[name, default: Column()].keywords[Array(word.utf8), default: []].append(ordinal)
            }
        case .integer(let integer): columns[name, default: Column()].numbers.append((Double(integer), ordinal))
        case .real(let real): columns[name, default: Column()].numbers.append((real, ordinal))
        case .flag(true): columns[name, default: Column()].flags.on.append(ordinal)
        case .flag(false): columns[name, default: Column()].flags.off.append(ordinal)
        }
    }

    /// The chunks a filter lets pass, exactly.
    func matches(_ filter: Filter) -> Bitmap {
        switch filter {
        case .all: return Bitmap(count: chunkCount, repeating: true)
        case .equal(let name, let value):
            let column = columns[Array(name.utf8)]
            switch value {
            case .keywords(let words): return bitmap(words.flatMap { column?.keywords[Array($0.utf8)] ?? [] })
            case .integer(let integer): return range(column, Double(integer), Double(integer))
            case .real(let real): return range(column, real, real)
            case .flag(let flag): return bitmap((flag ? column?.flags.on : column?.flags.off) ?? [])
            }
        case .range(let name, let least, let most):
            return range(columns[Array(name.utf8)], least ?? -.infinity, most ?? .infinity)
        case .and(let filters):
            return filters.reduce(into: Bitmap(count: chunkCount, repeating: true)) { $0.formIntersection(matches($1)) }
        case .or(let filters):
            return filters.reduce(into: Bitmap(count: chunkCount)) { $0.formUnion(matches($1)) }
        case .not(let filter):
            var bitmap = matches(filter)
            bitmap.invert()
            return bitmap
        }
    }

    private func bitmap(_ ordinals: [UInt32]) -> Bitmap {
        ordinals.reduce(into: Bitmap(count: chunkCount)) { $0[Int($1)] = true }
    }

    private func range(_ column: Column?, _ least: Double, _ most: Double) -> Bitmap {
        bitmap((column?.numbers ?? []).filter { least <= $0.value && $0.value <= most }.map(\.ordinal))
    }
}
