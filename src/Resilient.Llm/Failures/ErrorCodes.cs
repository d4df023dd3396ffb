using System.Collections.Frozen;
using System.Globalization;

namespace Resilient.Llm.Failures;

/// <summary>
/// The meaning of providers' error codes and types. Only letters and digits count: "RateLimitError" is "rate_limit_error".
/// </summary>
/// <remarks>
/// <see cref="Specific"/> codes win over a 4xx status; <see cref="General"/> ones repeat the status and count only where there is none.
/// </remarks>
internal static class ErrorCodes
{
    private const int MaxLength = 64;

    private static readonly FrozenDictionary<string, FailureKind> s_specific = Rows(
        (FailureKind.QuotaExhausted, """
            insufficient_quota quota_exceeded service_quota_exceeded_exception billing_error billing_hard_limit_reached
            billing_not_active insufficient_credits insufficient_balance insufficient_funds credit_balance_too_low
            exceeded_current_quota_error budget_exceeded payment_required arrearage
            contract_spend_limit_reached enforced_spend_limit_reached
            linked_organization_spend_limit_reached linked_organization_billing_unavailable
            """),
        (FailureKind.ContextTooLong, """
            context_length_exceeded context_window_exceeded model_context_window_exceeded exceed_context_size_error
            prompt_too_long request_too_large model_max_prompt_tokens_exceeded tokens_limit_reached
            """),
        (FailureKind.ContentFiltered, """
            content_filter content_filtered content_policy_violation responsible_ai_policy_violation moderation_blocked
            data_inspection_failed prohibited_content refusal image_content_policy_violation
            """),
        (FailureKind.ModelUnavailable, """
            model_not_found deployment_not_found model_not_available model_deprecated model_decommissioned unknown_model
            invalid_model
            """),
        (FailureKind.Unauthorized, """
            invalid_api_key incorrect_api_key api_key_invalid unrecognized_client_exception access_denied_exception
            expired_token_exception invalid_authentication_error unsupported_country_region_territory
            """),
        (FailureKind.RateLimited, """
            rate_limit_exceeded throttling throttling_exception too_many_requests too_many_requests_exception
            ramp_limit_exceeded rate_limit_reached_error
            """));

    private static readonly FrozenDictionary<string, FailureKind> s_general = Rows(
        (FailureKind.RateLimited, "rate_limit_error resource_exhausted"),
        (FailureKind.ServerError, """
            overloaded_error overloaded engine_overloaded server_error api_error internal internal_error
            internal_server_error internal_server_exception service_unavailable service_unavailable_exception unavailable
            timeout_error deadline_exceeded model_not_ready_exception conflict_error engine_overloaded_error slow_down
            vector_store_timeout model_error_exception model_stream_error_exception model_timeout_exception aborted data_loss
            processing_error
            """),
        (FailureKind.Unauthorized, "authentication_error permission_error unauthenticated permission_denied"),
        (FailureKind.ModelUnavailable, "not_found_error not_found resource_not_found_exception unimplemented"),
        (FailureKind.InvalidRequest, """
            invalid_request_error invalid_argument invalid_prompt validation_exception out_of_range failed_precondition
            invalid_image invalid_image_format invalid_base64_image invalid_image_url image_too_large image_too_small
            image_parse_error invalid_image_mode image_file_too_large unsupported_image_media_type empty_image_file
            failed_to_download_image image_file_not_found unsupported_parameter unsupported_value invalid_value
            missing_required_parameter
            """));

    public static FailureKind? Specific(string? code) => Find(s_specific, code);

    public static FailureKind? General(string? code) => Find(s_general, code) ?? Status(code);

    /// <summary>Whether the code is known here, and hence safe to repeat in a message.</summary>
    public static bool IsKnown(string? code) => (Specific(code) ?? General(code)) is not null;

    /// <summary>Gateways give the status of the provider behind them as the code of an error inside an answer.</summary>
    private static FailureKind? Status(string? code) =>
        code is { Length: 3 }
        && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
        && status is >= 400 and < 600
            ? FailureTable.FromStatus(status)
            : null;

    private static FailureKind? Find(FrozenDictionary<string, FailureKind> rows, string? code)
    {
        if (string.IsNullOrEmpty(code) || code.Length > MaxLength)
        {
            return null;
        }

        Span<char> letters = stackalloc char[MaxLength];
        return rows.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(letters[..Normalise(code, letters)], out var kind) ? kind : null;
    }

    private static int Normalise(string code, Span<char> letters)
    {
        var length = 0;
        foreach (var c in code)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                letters[length++] = char.ToLowerInvariant(c);
            }
            else if (c is not ('_' or '-' or '.' or ' '))
            {
                // Not a code.
                return 0;
            }
        }

        return length;
    }

    private static FrozenDictionary<string, FailureKind> Rows(params (FailureKind Kind, string Codes)[] rows) =>
        rows.SelectMany(static row => row.Codes
                .Replace("_", string.Empty, StringComparison.Ordinal)
                .Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
                .Select(code => KeyValuePair.Create(code, row.Kind)))
            .ToFrozenDictionary(StringComparer.Ordinal);
}
