// GenerationDefaults.swift — what a model's makers recommend when a request is silent.
// swiftlet › Loading.  Keys of generation_config.json: transformers' GenerationConfig.

import Base
import Sampling

/// The sampling part of `generation_config.json`; without the file, temperature 1 and nothing else.
enum GenerationDefaults {
    /// - Throws: `ModelDefaultsError` for a file that is there and cannot be used.
    static func read(folder: String) throws -> SamplingParameters {
        let path = folder + "/generation_config.json"
        var parameters = SamplingParameters()
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try ReadFile.bytes(path, limit: 1 << 20)
        } catch {
            if error.isMissing { return parameters }
            throw error
        }
        do {
            let json = try JSON.parse(bytes)
            if json["do_sample"]?.bool == false { parameters.temperature = 0 }
            if let value = json["temperature"]?.double, parameters.temperature != 0 {
                parameters.temperature = Float(value)
            }
            if let value = json["top_p"]?.double { parameters.topP = Float(value) }
            if let value = json["top_k"]?.integer { parameters.topK = value }
            if let value = json["min_p"]?.double { parameters.minP = Float(value) }
            if let value = json["repetition_penalty"]?.double { parameters.repetitionPenalty = Float(value) }
            try parameters.validate()
        } catch let error as SamplingParameterError {
            throw ModelDefaultsError(description: "\(path): \(error.message)")
        } catch {
            throw ModelDefaultsError(description: "\(path): \(error)")
        }
        return parameters
    }
}

/// A `generation_config.json` that cannot be used.
struct ModelDefaultsError: Error, CustomStringConvertible {
    let description: String
}
