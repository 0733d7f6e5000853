// DownloadError.swift — why a download did not happen, each as one line for a person.
// Download.

package import Base

package enum DownloadError: Error, Equatable {
    // What the user asked for.
    case invalidRepository(String)
    case invalidRevision(String)
    case invalidEndpoint(String)
    case noSuchFile(repository: String, file: String, similar: [String])
    case noWeights(repository: String, advice: String)

    // What the hub answered.
    case unauthorized(status: Int, repository: String, hasToken: Bool)
    case notFound(url: String)
    case refused(status: Int, url: String, retryAfter: String?)
    case malformedListing(url: String, reason: String)
    case unsafeName(String)
    case tooManyFiles(limit: Int)
    case tooLarge(name: String, size: Int, limit: Int)
    case forbiddenRedirect(from: String, to: String)
    case tooManyRedirects(url: String)
    case wrongSize(name: String, expected: Int, found: Int)
    case wrongChecksum(name: String, expected: String, found: String)
    case network(url: String, reason: String)
    /// The connection was cut, refused or too slow: trying again may help.
    case interrupted(url: String, reason: String)

    // What this machine said.
    case file(FileError)
    case noRoom(folder: String, needed: Int, free: Int)
    case busy(path: String)
    case library(String)
}

extension DownloadError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidRepository(let text):
            "'\(text)' is not OWNER/NAME (letters, digits, dots, dashes and underscores)"
        case .invalidRevision(let text): "'\(text)' is not a branch, tag or commit"
        case .invalidEndpoint(let text): "--endpoint \(text): an http or https URL without query and login is needed"
        case .noSuchFile(let repository, let file, let similar):
            "\(repository) has no file \(Self.quoted(file))"
                + (similar.isEmpty ? "" : "; there are \(similar.map(Self.quoted).joined(separator: ", "))")
        case .noWeights(let repository, let advice): "\(repository) has no safetensors weights; \(advice)"
        case .unauthorized(let status, let repository, let hasToken):
            "\(repository) does not exist or needs a login (status \(status)); "
                + (hasToken
                    ? "HF_TOKEN is set, but does not open it" : "set HF_TOKEN to an access token that may read it")
        case .notFound(let url): "\(url): not found (status 404); check the owner, the name and the revision"
        case .refused(let status, let url, let retryAfter):
            "\(url): the server answered with status \(status)"
                + (retryAfter.map { "; try again in \(Self.quoted($0)) s" } ?? "; try again later")
        case .malformedListing(let url, let reason): "\(url): the list of files makes no sense: \(reason)"
        case .unsafeName(let name):
            "the file name \(Self.quoted(name)) could lead out of the folder; nothing was written"
        case .tooManyFiles(let limit): "the repository has more than \(limit) files; name one with --file"
        case .tooLarge(let name, let size, let limit):
            "\(Self.quoted(name)) has \(size) bytes, and \(limit) is the limit"
        case .forbiddenRedirect(let from, let to):
            "\(from): redirects to \(Self.quoted(to)), and only http and https are followed, never from https to http"
        case .tooManyRedirects(let url): "\(url): too many redirects"
        case .wrongSize(let name, let expected, let found):
            "\(name): \(found) bytes came, the list says \(expected); the file may just have changed: try again"
        case .wrongChecksum(let name, let expected, let found):
            "\(name): the checksum is \(found), the list says \(expected); what came was thrown away: try again"
        case .network(let url, let reason): "\(url): \(reason)"
        case .interrupted(let url, let reason):
            "\(url): \(reason); what has come is kept, and the same command goes on from it"
        case .file(let error): "\(error); what is there already is kept, and the same command goes on from it"
        case .noRoom(let folder, let needed, let free):
            "\(folder): \(ByteText.text(needed)) are still to come, but only \(ByteText.text(free)) are free"
        case .busy(let path): "\(path): another download is writing it"
        case .library(let reason): "libcurl: \(reason)"
        }
    }

    /// Text from outside, with what a terminal could take for a command made visible.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars.prefix(200) {
            let isPrintable = scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value)
            result += isPrintable ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }
        return result + "\""
    }
}
