using System.Buffers;

namespace Resilient.Llm.Failures;

/// <summary>Sentences by which providers name a failure that they give no code for.</summary>
/// <remarks>
/// Applied to error messages only, under a matching status: a message may quote the user's prompt, and a prompt must not be able to close
/// an endpoint. Providers put their own words first, so only the beginning counts, and for what closes an endpoint only the part before the
/// first quotation.
/// </remarks>
internal static class ErrorPhrases
{
    private const int Window = 500;

    private static readonly SearchValues<string> s_quota = Any(
        "credit balance is too low", "insufficient_quota", "insufficient credits", "insufficient balance", "billing hard limit");

    private static readonly SearchValues<string> s_quotaOrRate = Any("exceeded your current quota");

    private static readonly SearchValues<string> s_filter = Any(
        "content management policy", "content filtering policy", "violates our content policy", "our safety system",
        "violating our usage policy");

    private static readonly SearchValues<string> s_lacks = Any(
        "does not support ", "doesn't support ", "found that support ", "not supported for this model", "not supported by this model",
        "not supported with this model", "only supported by certain models");

    private static readonly SearchValues<string> s_feature = Any(
        "tool", "function call", "image", "vision", "multimodal", "audio input", "structured output", "json_schema", "json schema",
        "response_format", "response format");

    private static readonly SearchValues<string> s_model = Any("model_not_found", "has been decommissioned", "is not a valid model");

    public static FailureKind? Find(string? message, int? status, bool mayBeRate)
    {
        var text = message.AsSpan();
        text = text[..Math.Min(text.Length, Window)];

        // What harms an endpoint's health must be the provider's own words: "Invalid value: 'insufficient_quota'" quotes the request.
        var own = text[..Quotation(text)];
        return status switch
        {
            _ when text.IsEmpty => null,
            400 or 402 or 403 or 429 or null when own.ContainsAny(s_quota) => FailureKind.QuotaExhausted,

            // Google uses the same sentence for a limit per minute, and then says when to retry.
            400 or 402 or 403 or 429 or null when !mayBeRate && own.ContainsAny(s_quotaOrRate) => FailureKind.QuotaExhausted,
            400 or 403 or 422 or null when text.ContainsAny(s_filter) => FailureKind.ContentFiltered,
            400 or 404 or 422 or null when text.ContainsAny(s_lacks) && text.ContainsAny(s_feature) => FailureKind.Unsupported,
            400 or 422 or null when own.ContainsAny(s_model) => FailureKind.ModelUnavailable,
            _ => null,
        };
    }

    /// <summary>
    /// Where a quotation begins: an opening mark, unlike the one in "model's". Double quotes may be JSON's and do not count.
    /// </summary>
    private static int Quotation(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\'' or '`' or '‘' or '“' or '«' && (i == 0 || !char.IsLetterOrDigit(text[i - 1])))
            {
                return i;
            }
        }

        return text.Length;
    }

    private static SearchValues<string> Any(params ReadOnlySpan<string> phrases) =>
        SearchValues.Create(phrases, StringComparison.OrdinalIgnoreCase);
}
