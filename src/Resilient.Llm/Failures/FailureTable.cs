namespace Resilient.Llm.Failures;

/// <summary>The built-in rows: what follows from a kind, and which kind an HTTP status means when nothing more precise is known.</summary>
internal static class FailureTable
{
    /// <summary>More than any kind's number.</summary>
    public static readonly int KindCount = (int)Enum.GetValues<FailureKind>().Max() + 1;

    public static FailureReaction ReactionTo(FailureKind kind) => kind switch
    {
        FailureKind.Timeout => new(false, HealthEffect.Failure, true),
        FailureKind.RateLimited => new(true, HealthEffect.StartsCooldown, true),
        FailureKind.QuotaExhausted => new(false, HealthEffect.StartsCooldown, true),
        FailureKind.ServerError or FailureKind.Network => new(true, HealthEffect.Failure, true),
        FailureKind.Unauthorized or FailureKind.ModelUnavailable or FailureKind.InvalidResponse => new(false, HealthEffect.Failure, true),
        FailureKind.ContextTooLong or FailureKind.InvalidRequest => new(false, HealthEffect.Neutral, true),
        FailureKind.ContentFiltered or FailureKind.Cancelled => new(false, HealthEffect.Neutral, false),
        FailureKind.CircuitOpen or FailureKind.Rejected => new(false, HealthEffect.Neutral, true),
        _ => new(false, HealthEffect.Failure, true),
    };

    public static FailureKind FromStatus(int status) => status switch
    {
        // The endpoint answered, and the SDK could not make sense of it.
        >= 200 and < 300 => FailureKind.InvalidResponse,
        400 or 422 => FailureKind.InvalidRequest,
        401 or 403 or 407 => FailureKind.Unauthorized,
        402 => FailureKind.QuotaExhausted,

        // 405 and 451: this place does not offer the model, whatever the request says.
        404 or 405 or 410 or 451 => FailureKind.ModelUnavailable,
        408 or 409 or 421 or 425 => FailureKind.ServerError,

        // Too large a body: only a model that takes more can help.
        413 => FailureKind.ContextTooLong,
        429 => FailureKind.RateLimited,

        // The form of the request, not its fate: another endpoint would say the same.
        406 or 411 or 412 or 414 or 415 or 416 or 417 or 428 or 431 => FailureKind.InvalidRequest,

        // A gateway's "client closed the request" when no client of ours did.
        499 => FailureKind.Timeout,
        >= 500 and < 600 => FailureKind.ServerError,
        _ => FailureKind.Unknown,
    };
}
