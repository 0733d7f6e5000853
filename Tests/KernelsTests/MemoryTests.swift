// MemoryTests.swift — owned and borrowed memory.

import Kernels
import Testing

@Suite struct `Aligned buffer` {
    @Test(arguments: [0, 1, 63, 64, 1000, 300_000, 5_000_000])
    func `is aligned, zeroed and writable to its end`(count: Int) throws {
        let buffer = try AlignedBuffer<Float>(count: count)
        #expect(Int(bitPattern: buffer.baseAddress) % 64 == 0)
        #expect(buffer.elements.allSatisfy { $0 == 0 })
        if count > 0 {
            buffer[count - 1] = 5
            #expect(buffer.elements.last == 5)
        }
    }

    @Test func `says what does not fit`() {
        #expect(throws: AllocationError.tooLarge(count: .max, stride: 8)) { _ = try AlignedBuffer<Double>(count: .max) }
        let huge = 1 << 60
        let error = #expect(throws: AllocationError.self) { _ = try AlignedBuffer<UInt8>(count: huge) }
        #expect(error == .outOfMemory(byteCount: huge))
        #expect(error?.description.contains("\(huge) bytes") == true)
    }
}

@Suite struct `Element type` {
    @Test func `knows the size of a row`() {
        #expect(ElementType.f32.rowByteCount(columns: 10) == 40)
        #expect(ElementType.bf16.rowByteCount(columns: 10) == 20)
        #expect(ElementType.q8_0.rowByteCount(columns: 64) == 68)
        #expect(ElementType.q8_0.rowByteCount(columns: 63) == nil)
        #expect(ElementType.f32.rowByteCount(columns: .max) == nil)
        #expect(ElementType.f32.rowByteCount(columns: -4) == nil)
    }
}

@Suite struct `Kernel set` {
    @Test func `always has the portable version, last`() {
        #expect(KernelSet.available.last == .portable)
        #expect(KernelSet.available.first == KernelSet.best)
        #expect(KernelSet.named("portable") == .portable)
        #expect(KernelSet.named("mmx") == nil)
    }
}
