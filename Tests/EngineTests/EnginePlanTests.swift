import Engine
import TestSupport
import Testing
import Transformer

@Suite struct `Engine plan` {
    @Test(arguments: [1, 15, 16, 17, 1001]) func `names a cache size that is enough for the wanted length`(
        extra: Int
    ) throws {
        let model = try ModelCheckpoint(path: TestFiles.fixture("reference/llama-mha-f16")).configuration
        var options = EngineOptions()
        options.kvCacheBytes = 1 << 20
        options.maxModelLength = try EnginePlan(model, options).configuration.blockCount * 16 + extra
        let refusal = #expect(throws: EngineSizeError.self) { try EnginePlan(model, options) }
        let advice = try #require(refusal?.description.split(separator: " ").compactMap { Int($0) }.last)
        options.kvCacheBytes = advice
        #expect(try EnginePlan(model, options).configuration.maxModelLength == options.maxModelLength)
        options.kvCacheBytes = advice - 1
        #expect(throws: EngineSizeError.self) { try EnginePlan(model, options) }
    }
}
