// TermTable.swift — gives every distinct term a number.
// Retrieval › Analysis.  Open addressing over one array of bytes: indexing meets each term many times and must not
// allocate for it.

struct TermTable {
    /// Where each term begins in `bytes`; one more entry than there are terms.
    private(set) var starts: [Int] = [0]
    private(set) var bytes: [UInt8] = []
    /// Term numbers, −1 for a free slot. The count is a power of two.
    private var slots = [Int32](repeating: -1, count: 1024)

    var count: Int { starts.count - 1 }

    /// The term's number: the next free one if it is new.
    mutating func number(of term: UnsafeBufferPointer<UInt8>) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.hash(term)) & mask
        while slots[slot] >= 0 {
            let number = Int(slots[slot])
            if equals(number, term) { return number }
            slot = (slot + 1) & mask
        }
        let number = count
        slots[slot] = Int32(number)
        bytes.append(contentsOf: term)
        starts.append(bytes.count)
        if count * 2 > slots.count { grow() }
        return number
    }

    func term(_ number: Int) -> ArraySlice<UInt8> { bytes[starts[number]..<starts[number + 1]] }

    private func equals(_ number: Int, _ term: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = starts[number]
        guard starts[number + 1] - start == term.count else { return false }
        for index in 0..<term.count where bytes[start + index] != term[index] { return false }
        return true
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        let mask = slots.count - 1
        bytes.withUnsafeBufferPointer { bytes in
            for number in 0..<count {
                let term = UnsafeBufferPointer(rebasing: bytes[starts[number]..<starts[number + 1]])
                var slot = Int(truncatingIfNeeded: Self.hash(term)) & mask
                while slots[slot] >= 0 { slot = (slot + 1) & mask }
                slots[slot] = Int32(number)
            }
        }
    }

    /// FNV-1a with a final mix. The terms of one index are one user's texts: no defence against crafted collisions
    /// is worth SipHash's time here.
    private static func hash(_ term: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in term { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash ^ hash >> 32
    }
}
