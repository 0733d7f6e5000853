// CurlClient+Get.swift — small requests beside the load: the model's name, the server's counters.
// LoadGeneration › Driver.

import Base
import Network

extension CurlClient {
    /// A whole response; an empty body with status 0 when there is none.
    package func get(_ url: String, headers: [String] = []) async -> (status: Int, body: [UInt8], error: TransferError?)
    {
        final class Body { var bytes: [UInt8] = [] }
        let body = Body()
        return await withCheckedContinuation { continuation in
            start(ClientRequest(url: url, headers: headers, timeoutSeconds: 10)) { _, bytes in
                if body.bytes.count < 16 << 20 { body.bytes.append(contentsOf: bytes) }
            } onEnd: { status, error in
                continuation.resume(returning: (status, body.bytes, error))
            }
        }
    }

    /// The first model that the server lists.
    /// - Throws: `TransferError` when the server does not answer, or lists none.
    package func firstModel(_ baseURL: String, headers: [String]) async throws(TransferError) -> String {
        let response = await get(baseURL + "/v1/models", headers: headers)
        if let error = response.error { throw error }
        guard response.status == 200, let name = (try? JSON.parse(response.body))?["data"]?[0]?["id"]?.string else {
            throw .other("\(baseURL)/v1/models answers with status \(response.status) and names no model: give --model")
        }
        return name
    }

    /// vLLM's counters of speculation; nil where the server has no such metrics.
    package func speculationCounts(_ baseURL: String, headers: [String]) async -> SpeculationCounts? {
        let response = await get(baseURL + "/metrics", headers: headers)
        guard response.status == 200 else { return nil }
        return SpeculationCounts(metrics: String(decoding: response.body, as: UTF8.self))
    }
}

extension SpeculationCounts {
    /// From Prometheus' text format, summed over labels.
    package init?(metrics text: String) {
        self.init()
        var isFound = false
        for line in text.split(separator: "\n") where line.hasPrefix("vllm:spec_decode_num_") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]),
                let count = Int(exactly: value.rounded())
            else { continue }
            let name = line.prefix { $0 != "{" && $0 != " " }
            switch name {
            case "vllm:spec_decode_num_drafts_total": drafts += count
            case "vllm:spec_decode_num_draft_tokens_total": draftTokens += count
            case "vllm:spec_decode_num_accepted_tokens_total": acceptedTokens += count
            case "vllm:spec_decode_num_accepted_tokens_per_pos_total": acceptedPerPosition.append(count)
            default: continue
            }
            isFound = true
        }
        if !isFound { return nil }
    }

    package func since(_ earlier: SpeculationCounts) -> SpeculationCounts {
        var difference = self
        difference.drafts -= earlier.drafts
        difference.draftTokens -= earlier.draftTokens
        difference.acceptedTokens -= earlier.acceptedTokens
        for index in acceptedPerPosition.indices where index < earlier.acceptedPerPosition.count {
            difference.acceptedPerPosition[index] -= earlier.acceptedPerPosition[index]
        }
        return difference
    }
}
