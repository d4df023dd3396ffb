using Microsoft.Extensions.Logging;
using Polly.CircuitBreaker;

namespace Resilient.Llm.Telemetry;

/// <summary>The log messages. They hold configured names and kinds of failure, never content.</summary>
/// <remarks>
/// Exceptions of providers may quote prompts and name hosts: they are logged at Trace only. A method's name is also its event's name.
/// </remarks>
internal static partial class ChatLog
{
    [LoggerMessage(1, LogLevel.Information, "Endpoint {Endpoint}: retry {Retry} after {Failure} in {Delay}")]
    public static partial void LogRetry(this ILogger logger, string? endpoint, int retry, FailureKind failure, TimeSpan delay);

    [LoggerMessage(2, LogLevel.Warning, "{Step} failed with {Failure} ({ExceptionType}): stepping down the ladder")]
    public static partial void LogFallback(this ILogger logger, string step, FailureKind failure, string exceptionType);

    [LoggerMessage(14, LogLevel.Trace, "{Step} threw")]
    public static partial void LogException(this ILogger logger, Exception exception, string step);

    [LoggerMessage(13, LogLevel.Debug, "{Step} passed over: {Reason}")]
    public static partial void LogPassedOver(this ILogger logger, string step, string reason);

    [LoggerMessage(16, LogLevel.Debug, "{Slow} is slow: asking {Hedge} as well")]
    public static partial void LogHedged(this ILogger logger, string slow, string hedge);

    [LoggerMessage(18, LogLevel.Debug, "{Hedge} answered before the models that had been asked earlier")]
    public static partial void LogHedgeWon(this ILogger logger, string hedge);

    [LoggerMessage(17, LogLevel.Information, "The stream of {Broken} broke off with {Failure}: {Next} goes on with it")]
    public static partial void LogContinued(this ILogger logger, string broken, FailureKind failure, string next);

    [LoggerMessage(3, LogLevel.Error, "{Step} refuses our credentials: correct its key or permissions")]
    public static partial void LogUnauthorized(this ILogger logger, string step);

    [LoggerMessage(
        21, LogLevel.Warning,
        "{Step} was rate limited, and its client hides for how long: give its SDK new HttpClient(new ProviderHttpHandler())")]
    public static partial void LogRetryAfterHidden(this ILogger logger, string step);

    [LoggerMessage(
        22, LogLevel.Information,
        "The history was too long for {Endpoint}: asking again with {Reduced} of {Whole} messages")]
    public static partial void LogReduced(this ILogger logger, string endpoint, int reduced, int whole);

    // Only the exception's type: a reducer's message may quote the history.
    [LoggerMessage(
        23, LogLevel.Warning,
        "The history was too long for {Endpoint}, and the chat reducer {Reason} ({ExceptionType}): not asked again")]
    public static partial void LogReducerFailed(this ILogger logger, string endpoint, string reason, string? exceptionType);

    [LoggerMessage(4, LogLevel.Warning, "{Step} failed in a way that no extractor knows: classify it with WithFailures")]
    public static partial void LogUnknown(this ILogger logger, string step);

    [LoggerMessage(15, LogLevel.Error, "{Step} cannot be called: {Remedy}")]
    public static partial void LogMissingRequestContext(this ILogger logger, string step, string remedy);

    [LoggerMessage(5, LogLevel.Warning, "Circuit {Endpoint}: {From} -> {To} for {BreakDuration}")]
    public static partial void LogCircuitOpened(
        this ILogger logger, string endpoint, CircuitState from, CircuitState to, TimeSpan breakDuration);

    [LoggerMessage(6, LogLevel.Warning, "Circuit {Endpoint}: {From} -> {To} until it is reset")]
    public static partial void LogCircuitIsolated(this ILogger logger, string endpoint, CircuitState from, CircuitState to);

    [LoggerMessage(7, LogLevel.Information, "Circuit {Endpoint}: {From} -> {To}")]
    public static partial void LogCircuitRecovering(this ILogger logger, string endpoint, CircuitState from, CircuitState to);

    [LoggerMessage(30, LogLevel.Information, "Region {Region}: {From} -> {To}, by hand. Endpoints: {Endpoints}")]
    public static partial void LogRegionChanged(
        this ILogger logger, string region, ChatRegionState from, ChatRegionState to, string endpoints);

    [LoggerMessage(50, LogLevel.Debug, "Probe of {Endpoint} ({Reason}): answered in {Duration}")]
    public static partial void LogProbed(this ILogger logger, string endpoint, ChatProbeReason reason, TimeSpan duration);

    [LoggerMessage(51, LogLevel.Information, "Probe of {Endpoint} ({Reason}): failed with {Failure} ({ExceptionType}) after {Duration}")]
    public static partial void LogProbeFailed(
        this ILogger logger, string endpoint, ChatProbeReason reason, FailureKind failure, string exceptionType, TimeSpan duration);

    [LoggerMessage(52, LogLevel.Debug, "Probe of {Endpoint} ({Reason}): left out, the probes of this minute are spent")]
    public static partial void LogProbeLeftOut(this ILogger logger, string endpoint, ChatProbeReason reason);

    [LoggerMessage(53, LogLevel.Error, "The active probes could not look for due endpoints ({ExceptionType}): they try again later")]
    public static partial void LogProbesFailed(this ILogger logger, string exceptionType);

    [LoggerMessage(8, LogLevel.Error, "A callback for {Event} threw {ExceptionType}")]
    public static partial void LogCallbackFailed(this ILogger logger, string @event, string exceptionType);

    [LoggerMessage(
        10, LogLevel.Warning,
        "{Endpoint} invokes functions below the ladder: a retry or a fallback runs them again. Move it above with chat.Use(...)")]
    public static partial void LogFunctionInvocationBelow(this ILogger logger, string endpoint);

    // Only the exception's type: messages of stores name hosts, messages of searches may quote the question.
    [LoggerMessage(11, LogLevel.Warning, "Answer store: {Fault} ({ExceptionType})")]
    public static partial void LogStoreFault(this ILogger logger, AnswerStoreFault fault, string? exceptionType);

    [LoggerMessage(60, LogLevel.Debug, "The answer is not stored: {Reason}")]
    public static partial void LogNotStored(this ILogger logger, AnswerNotStored reason);

    [LoggerMessage(
        61, LogLevel.Warning,
        "{Cache} above the ladder stores whatever it is given, apologies and answers of lesser models too, and serves them after recovery: "
        + "use UseResilientCache() in its place, or AddCachedAnswers()")]
    public static partial void LogCacheAbove(this ILogger logger, string cache);

    [LoggerMessage(12, LogLevel.Warning, "Last resort: {Step} failed ({ExceptionType})")]
    public static partial void LogLastResortFault(this ILogger logger, string step, string exceptionType);

    [LoggerMessage(19, LogLevel.Warning, "The stream of {Broken} broke off with {Failure} and is interrupted: {Reason}")]
    public static partial void LogInterrupted(this ILogger logger, string? broken, FailureKind failure, string reason);

    [LoggerMessage(
        41, LogLevel.Warning,
        "No model endpoint for requests bound to {Geography}, where the ladder's residency is {Policy}: add an endpoint there, " +
        "or declare where endpoints lie with InRegion(region, geography)")]
    public static partial void LogNoEndpoint(this ILogger logger, string geography, string policy);

    [LoggerMessage(
        42, LogLevel.Warning,
        "Endpoint {Endpoint} ({Geography}) is never asked, since the ladder's residency is {Policy}: declare where it lies " +
        "with InRegion(region, geography), widen the residency or leave the endpoint out")]
    public static partial void LogUnreachable(this ILogger logger, string endpoint, string geography, string policy);

    [LoggerMessage(40, LogLevel.Information, "Residency {Residency}: {Outcome} in {Geography}; kept from: {Refused}")]
    public static partial void LogResidency(this ILogger logger, DataResidency residency, string outcome, string geography, string refused);
}
