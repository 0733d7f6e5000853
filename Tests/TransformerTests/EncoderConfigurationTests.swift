import Base
import Kernels
import TestSupport
import Testing
import Transformer

@Suite struct `Encoder configuration` {
    private static let plain = """
        {"model_type": "bert", "vocab_size": 100, "hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2,
         "num_attention_heads": 4, "max_position_embeddings": 40}
        """

    private func read(_ text: String) throws(ModelError) -> EncoderConfiguration {
        guard let json = try? JSON.parse(Array(text.utf8)) else { preconditionFailure("the test's own JSON is wrong") }
        return try EncoderConfiguration(huggingFace: json, source: "config.json")
    }

    @Test func `reads BERT's keys and fills in what old files leave out`() throws {
        let configuration = try read(Self.plain)
        #expect(configuration.headWidth == 12)
        #expect(configuration.typeCount == 2)
        #expect(configuration.normEpsilon == 1e-12)
        #expect(configuration.maxPositionCount == 40)
    }

    /// A key, the value put in its place, and what the message must say.
    static let refusals: [(key: String, value: String, says: String)] = [
        ("model_type", #""roberta""#, "'model_type' is roberta; this version runs the encoder bert"),
        ("hidden_act", #""gelu_new""#, "'hidden_act' is gelu_new; this version runs gelu"),
        ("position_embedding_type", #""relative_key""#, "this version runs absolute"),
        ("is_decoder", "true", "'is_decoder' is true"),
        ("vocab_size", "null", "'vocab_size' is missing"),
        ("vocab_size", "-1", "outside 1...4000000"),
        ("hidden_size", "50", "does not cut a width of 50 into equal heads"),
        ("num_attention_heads", "0", "outside 1...1024"),
        ("num_attention_heads", "5", "does not cut a width of 48"),
        ("num_hidden_layers", "1.5", "is not a whole number"),
        ("max_position_embeddings", "9223372036854775807", "outside 3...65536"),
        ("type_vocab_size", "0", "outside 1...64"),
        ("layer_norm_eps", "0", "not between 0 and 1"),
        ("layer_norm_eps", #""small""#, "is not a number"),
    ]

    @Test(arguments: refusals.indices) func `refuses what it does not compute, by name`(index: Int) {
        let refusal = Self.refusals[index]
        // The first of two equal keys counts.
        let text = "{\"\(refusal.key)\": \(refusal.value), " + Self.plain.dropFirst()
        do throws(ModelError) {
            _ = try read(text)
            Issue.record("accepted \(refusal)")
        } catch {
            #expect(error.description.contains(refusal.says), "\(error)")
        }
    }

    @Test func `a folder without weights, or with a pickle, is refused in one line`() throws {
        let folder = try TemporaryFolder()
        let pool = ThreadPool(threadCount: 1)
        try folder.write("config.json", Array(Self.plain.utf8))
        #expect(throws: ModelError.notAModel(path: folder.path, problem: "it holds no model.safetensors")) {
            try EncoderModel(path: folder.path, pool: pool)
        }
        try folder.write("pytorch_model.bin", [1, 2, 3])
        #expect(
            throws: ModelError.notAModel(
                path: folder.path, problem: "pytorch_model.bin is not read; save the model as model.safetensors")
        ) { try EncoderModel(path: folder.path, pool: pool) }
    }
}
