using Microsoft.Extensions.Logging;
using Polly.CircuitBreaker;

namespace Resilient.Llm.Telemetry;

/// <content>
/// The log messages: names from the configuration and kinds of failure. The exceptions of providers, which may quote prompts and name hosts, only at Trace.
/// </content>
internal sealed partial class ChatEvents
{
    [LoggerMessage(1, LogLevel.Information, "Endpoint {Endpoint}: retry {Retry} after {Failure} in {Delay}")]
    private partial void LogRetry(string? endpoint, int retry, FailureKind failure, TimeSpan delay);

    [LoggerMessage(2, LogLevel.Warning, "{Step} failed with {Failure} ({ExceptionType}): stepping down the ladder")]
    private partial void LogFallback(string step, FailureKind failure, string exceptionType);

    [LoggerMessage(14, LogLevel.Trace, "{Step} threw")]
    private partial void LogException(Exception exception, string step);

    [LoggerMessage(13, LogLevel.Debug, "{Step} passed over: {Reason}")]
    private partial void LogPassedOver(string step, string reason);

    [LoggerMessage(16, LogLevel.Debug, "{Slow} is slow: asking {Hedge} as well")]
    private partial void LogHedged(string slow, string hedge);

    [LoggerMessage(18, LogLevel.Debug, "{Hedge} answered before the models that had been asked earlier")]
    private partial void LogHedgeWon(string hedge);

    [LoggerMessage(17, LogLevel.Information, "The stream of {Broken} broke off with {Failure}: {Next} goes on with it")]
    private partial void LogContinued(string broken, FailureKind failure, string next);

    [LoggerMessage(3, LogLevel.Error, "{Step} refuses our credentials: mend its key or permissions")]
    private partial void LogUnauthorized(string step);

    [LoggerMessage(4, LogLevel.Warning, "{Step} failed in a way that no extractor knows: classify it with WithFailures")]
    private partial void LogUnknown(string step);

    [LoggerMessage(15, LogLevel.Error, "{Step} cannot be called: {Mend}")]
    private partial void LogMissingRequestContext(string step, string mend);

    [LoggerMessage(5, LogLevel.Warning, "Circuit {Endpoint}: {From} -> {To} for {BreakDuration}")]
    private partial void LogCircuitOpened(string endpoint, CircuitState from, CircuitState to, TimeSpan breakDuration);

    [LoggerMessage(6, LogLevel.Warning, "Circuit {Endpoint}: {From} -> {To} until it is reset")]
    private partial void LogCircuitIsolated(string endpoint, CircuitState from, CircuitState to);

    [LoggerMessage(7, LogLevel.Information, "Circuit {Endpoint}: {From} -> {To}")]
    private partial void LogCircuitRecovering(string endpoint, CircuitState from, CircuitState to);

    [LoggerMessage(30, LogLevel.Information, "Region {Region}: {From} -> {To}, by hand. Endpoints: {Endpoints}")]
    private partial void LogRegionChanged(string region, ChatRegionState from, ChatRegionState to, string endpoints);

    [LoggerMessage(50, LogLevel.Debug, "Probe of {Endpoint} ({Reason}): answered in {Duration}")]
    private partial void LogProbed(string endpoint, ChatProbeReason reason, TimeSpan duration);

    [LoggerMessage(51, LogLevel.Information, "Probe of {Endpoint} ({Reason}): failed with {Failure} ({ExceptionType}) after {Duration}")]
    private partial void LogProbeFailed(string endpoint, ChatProbeReason reason, FailureKind failure, string exceptionType, TimeSpan duration);

    [LoggerMessage(52, LogLevel.Debug, "Probe of {Endpoint} ({Reason}): left out, the probes of this minute are spent")]
    private partial void LogProbeLeftOut(string endpoint, ChatProbeReason reason);

    [LoggerMessage(53, LogLevel.Error, "The active probes could not look round ({ExceptionType}): they try again later")]
    private partial void LogProbesFailed(string exceptionType);

    [LoggerMessage(8, LogLevel.Error, "A callback for {Event} threw {ExceptionType}")]
    private partial void LogCallbackFailed(string @event, string exceptionType);

    [LoggerMessage(9, LogLevel.Warning, "Options of type {Type} are copied as plain ChatOptions: what the type adds is lost")]
    private partial void LogUnknownOptions(string type);

    [LoggerMessage(10, LogLevel.Warning, "{Endpoint} invokes functions below the ladder: a retry or a fallback runs them again. Move it above with chat.Use(...)")]
    private partial void LogFunctionInvocationBelow(string endpoint);

    // By the type of the exception alone: messages of stores name hosts, messages of searches may quote the question.
    [LoggerMessage(11, LogLevel.Warning, "Answer store: {Fault} ({ExceptionType})")]
    private partial void LogStoreFault(AnswerStoreFault fault, string? exceptionType);

    [LoggerMessage(12, LogLevel.Warning, "Last resort: {Step} failed ({ExceptionType})")]
    private partial void LogLastResortFault(string step, string exceptionType);

    [LoggerMessage(19, LogLevel.Warning, "The stream of {Broken} broke off with {Failure} and is interrupted: {Reason}")]
    private partial void LogInterrupted(string? broken, FailureKind failure, string reason);
}
