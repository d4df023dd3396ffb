using System.Collections.Immutable;

namespace Resilient.Llm.Failures;

/// <summary>The built-in rows: what follows from a kind, and which kind an HTTP status means when nothing more precise is known.</summary>
/// <remarks>
/// A new kind is one row here and, where a status means it, one in <see cref="FromStatus"/>. A missing row throws on first use. Other
/// rooms ask for columns, not for kinds that a provider causes; a row names the columns that few kinds have.
/// </remarks>
internal static class FailureTable
{
    private static readonly ImmutableArray<FailureRow> s_rows = ByKind(
        // Kind, whether to retry the same endpoint, effect on health, whether to step down, what the failure is about.
        new(FailureKind.Unknown, false, HealthEffect.Failure, true, FailureSubject.Endpoint)
        {
            Hint = FailureHint.Classify,
        },
        new(FailureKind.Timeout, false, HealthEffect.Failure, true, FailureSubject.Endpoint)
        {
            IsDeadline = true,
        },
        new(FailureKind.RateLimited, true, HealthEffect.StartsCooldown, true, FailureSubject.Endpoint)
        {
            RetriesOnlyIfAsked = true,
            Hint = FailureHint.ShowRetryAfter,
        },
        new(FailureKind.QuotaExhausted, false, HealthEffect.StartsCooldown, true, FailureSubject.Endpoint)
        {
            StartsCooldownUnasked = true,
        },
        new(FailureKind.ServerError, true, HealthEffect.Failure, true, FailureSubject.Endpoint),
        new(FailureKind.Network, true, HealthEffect.Failure, true, FailureSubject.Endpoint),
        new(FailureKind.Unauthorized, false, HealthEffect.Failure, true, FailureSubject.Endpoint)
        {
            Hint = FailureHint.CheckKey,
        },
        new(FailureKind.ModelUnavailable, false, HealthEffect.Failure, true, FailureSubject.Endpoint)
        {
            RefusesUnknownState = true,
        },
        new(FailureKind.ContextTooLong, false, HealthEffect.Neutral, true, FailureSubject.Request)
        {
            StepDownRule = StepDownRule.LargerWindowOnly,
        },
        new(FailureKind.ContentFiltered, false, HealthEffect.Neutral, false, FailureSubject.Request)
        {
            KeepsContentBefore = true,
            IsAnswerToHealth = true,
        },
        new(FailureKind.InvalidRequest, false, HealthEffect.Neutral, true, FailureSubject.Request)
        {
            StepDownRule = StepDownRule.NotFromFirst,
            RefusesUnknownState = true,
        },
        new(FailureKind.InvalidResponse, false, HealthEffect.Failure, true, FailureSubject.Endpoint),
        new(FailureKind.CircuitOpen, false, HealthEffect.Neutral, true, FailureSubject.CallNotMade),
        new(FailureKind.Rejected, false, HealthEffect.Neutral, true, FailureSubject.CallNotMade),
        new(FailureKind.Cancelled, false, HealthEffect.Neutral, false, FailureSubject.Request),
        new(FailureKind.Unsupported, false, HealthEffect.Neutral, true, FailureSubject.Request)
        {
            StepDownRule = StepDownRule.AnotherModelOnly,
        },
        new(FailureKind.TokenLimitReached, false, HealthEffect.Neutral, true, FailureSubject.Endpoint)
        {
            IsAnswerToHealth = true,
        });

    /// <summary>The built-in reactions, indexed by kind.</summary>
    public static ImmutableArray<FailureReaction> Reactions { get; } = [.. s_rows.Select(static row => row.Reaction)];

    /// <summary>The row of a kind. An undefined kind is treated as <see cref="FailureKind.Unknown"/>.</summary>
    public static FailureRow Of(FailureKind kind) => s_rows[(uint)kind < (uint)s_rows.Length ? (int)kind : (int)FailureKind.Unknown];

    public static FailureKind FromStatus(int status) => status switch
    {
        // The endpoint answered, and the SDK could not parse it.
        >= 200 and < 300 => FailureKind.InvalidResponse,
        // A redirect that was not followed: what was configured is not here.
        >= 300 and < 400 => FailureKind.ModelUnavailable,
        400 or 422 => FailureKind.InvalidRequest,
        401 or 403 or 407 => FailureKind.Unauthorized,
        402 => FailureKind.QuotaExhausted,

        // 405 and 451: this place does not offer the model, whatever the request says.
        404 or 405 or 410 or 451 => FailureKind.ModelUnavailable,

        // 424: what the model needs failed. 444: a proxy closed the connection without an answer.
        408 or 409 or 421 or 424 or 425 or 444 => FailureKind.ServerError,

        // The body is too large: only a model that takes more can help.
        413 => FailureKind.ContextTooLong,
        429 => FailureKind.RateLimited,

        // The form of the request is wrong: another endpoint would say the same.
        406 or 411 or 412 or 414 or 415 or 416 or 417 or 428 or 431 => FailureKind.InvalidRequest,

        // A gateway's "client closed the request" when our client did not.
        499 => FailureKind.Timeout,
        >= 500 and < 600 => FailureKind.ServerError,
        _ => FailureKind.Unknown,
    };

    /// <summary>The rows indexed by kind: exactly one for each.</summary>
    public static ImmutableArray<FailureRow> ByKind(params FailureRow[] rows) =>
        [.. Enum.GetValues<FailureKind>().Order().Select((kind, number) => (int)kind == number && rows.Count(row => row.Kind == kind) == 1
            ? rows.Single(row => row.Kind == kind)
            : throw new InvalidOperationException(
                $"FailureKind.{kind} must have exactly one row in {nameof(FailureTable)}, and kinds must be numbered without gaps."))];
}
