// SentenceTransformerFolder.swift — what the files around an encoder's weights say about making vectors with it.
// Embedding.  Layout: the sentence-transformers library; Reimers and Gurevych 2019, arXiv:1908.10084.

import Base
import Transformer

/// The settings beside config.json, all optional:
///
///     modules.json                 the steps from text to vector; the encoder, pooling and normalisation are known
///     1_Pooling/config.json        which rows make the vector; the mean if the file is absent
///     sentence_bert_config.json    max_seq_length: longer texts are cut there
struct SentenceTransformerFolder {
    var pooling = Pooling.mean
    /// Tokens of the longest text, special tokens included; nil: as many as the encoder has positions.
    var maximumTokenCount: Int?

    /// - Throws: `ModelError` for steps that this program does not carry out; `FileError`.
    init(_ path: String) throws {
        for module in try Self.json(path + "/modules.json")?.elements.map({ $0 }) ?? [] {
            let type = module["type"]?.string ?? "a step without a type"
            guard ["Transformer", "Pooling", "Normalize"].contains(type.split(separator: ".").last ?? "") else {
                throw ModelError.unsupported(
                    key: "type", value: type, supported: "the steps Transformer, Pooling and Normalize",
                    source: path + "/modules.json")
            }
        }
        let poolingPath = path + "/1_Pooling/config.json"
        if let config = try Self.json(poolingPath) { pooling = try Self.pooling(config, source: poolingPath) }
        let settingsPath = path + "/sentence_bert_config.json"
        if let length = try Self.json(settingsPath)?["max_seq_length"], !length.isNull {
            guard let count = length.integer, count >= 3 else {
                throw ModelError.invalid(
                    key: "max_seq_length", problem: "is no number of at least 3", source: settingsPath)
            }
            maximumTokenCount = count
        }
    }

    /// Old files have one flag for each way, new ones a name.
    private static func pooling(_ config: JSON, source: String) throws(ModelError) -> Pooling {
        let prefix = "pooling_mode_"
        var modes = config.members.compactMap { key, value -> String? in
            let key = String(decoding: key, as: UTF8.self)
            return key.hasPrefix(prefix) && value.bool == true ? String(key.dropFirst(prefix.count)) : nil
        }
        if let mode = config["pooling_mode"]?.string { modes.append(mode) }
        switch modes {
        case [], ["mean_tokens"], ["mean"]: return .mean
        case ["cls_token"], ["cls"]: return .firstToken
        default:
            throw .unsupported(
                key: "pooling_mode", value: modes.joined(separator: " and "), supported: "mean_tokens or cls_token",
                source: source)
        }
    }

    /// nil if the file does not exist.
    private static func json(_ path: String) throws -> JSON? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try ReadFile.bytes(path, limit: 1 << 20)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
        do throws(JSONError) {
            return try JSON.parse(bytes)
        } catch {
            throw ModelError.notAModel(path: path, problem: "not valid JSON: \(error)")
        }
    }
}
