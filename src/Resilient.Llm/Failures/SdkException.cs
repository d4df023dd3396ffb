namespace Resilient.Llm.Failures;

/// <summary>What an exception says about the provider's answer, read without knowing the SDK.</summary>
/// <param name="Status">The HTTP status; 0 when the SDK says that there was no answer; null when it says nothing.</param>
/// <param name="Code">Its error code.</param>
/// <param name="Type">Its error type.</param>
/// <param name="HasBody">Whether the answer's body is present, readable or not.</param>
/// <param name="Body">The body, if it describes an error.</param>
/// <param name="ShowsHeaders">Whether the answer's headers are present.</param>
/// <param name="RetryAfter">How long the provider asked us to wait.</param>
internal readonly record struct SdkException(
    int? Status, string? Code, string? Type, bool HasBody, ErrorBody? Body, bool ShowsHeaders, TimeSpan? RetryAfter);
