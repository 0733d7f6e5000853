import Base
import Kernels
import TestSupport
import Testing
import Transformer

/// The model that `make serve` serves, against transformers' logits and tokens for it.
@Suite struct `Embedded model` {
    @Test(arguments: KernelSet.available)
    func `gives the reference's logits and greedy tokens`(kernels: KernelSet) throws {
        let path = TestFiles.root + "/Models/swiftlet-5m"
        let prompts = try ReferencePrompt.read(TestFiles.fixture("reference/embedded_expected.json"))
        #expect(prompts.count == 4)
        for prompt in prompts {
            let logits = try SequenceRunner(path: path, kernels: kernels).extend(prompt.ids)
            for (position, expected) in zip(prompt.positions, prompt.logits) {
                let error = relativeError(logits[position], expected)
                #expect(error < 1e-4, "\(prompt.testDescription), position \(position): \(error)")
            }
            let greedy = try SequenceRunner(path: path, kernels: kernels).greedy(prompt.ids, prompt.greedy.count)
            #expect(greedy == prompt.greedy, "\(prompt.testDescription)")
        }
    }
}
