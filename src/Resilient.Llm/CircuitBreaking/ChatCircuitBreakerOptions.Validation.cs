using System.Globalization;

namespace Resilient.Llm;

public sealed partial class ChatCircuitBreakerOptions
{
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromDays(1);

    /// <summary>Throws an <see cref="ArgumentException"/> that names every invalid value.</summary>
    internal void Validate(string? parameterName = null)
    {
        var errors = string.Join(' ', GetErrors());
        if (errors.Length > 0)
        {
            throw new ArgumentException(errors, parameterName);
        }
    }

    /// <summary>The errors in the values. Each message names the option, the values in conflict and the correction.</summary>
    internal IEnumerable<string> GetErrors()
    {
        if (OutOfRange(nameof(FailureThreshold), FailureThreshold, 1, 10_000) is { } threshold)
        {
            yield return threshold;
        }

        // Written so that NaN fails too.
        if (!(FailureRatio >= 0 && FailureRatio <= 1))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(FailureRatio)} is {FailureRatio}, which is no part of all calls. " +
                $"Set it between 0 (a pure count) and 1 (every call must fail).");
        }

        // Written so that NaN fails too. Zero is invalid, unlike for failures: every model has a few slow calls among very many.
        if (!(SlowCallRatio > 0 && SlowCallRatio <= 1))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(SlowCallRatio)} is {SlowCallRatio}, which is no part of all calls. " +
                $"Set it above 0, up to 1 (every call must be slow).");
        }

        if (ConsecutiveFailures is < 1)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(ConsecutiveFailures)} is {ConsecutiveFailures}, which would open the circuit without a failure. " +
                $"Set it to 1 or more, or to null to switch it off.");
        }

        if (OutOfRange(nameof(SuccessesToClose), SuccessesToClose, 1, 1_000) is { } successes)
        {
            yield return successes;
        }

        if (RefusalThreshold is < 1 or > 1_000)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(RefusalThreshold)} is {RefusalThreshold}. Set it between 1 and 1000, or to null to switch it off.");
        }

        foreach (var error in DurationErrors())
        {
            yield return error;
        }

        if (MaxBreakDuration < BreakDuration)
        {
            yield return $"{nameof(MaxBreakDuration)} ({MaxBreakDuration}) is shorter than {nameof(BreakDuration)} ({BreakDuration}), " +
                $"but breaks only grow. Raise {nameof(MaxBreakDuration)} or shorten {nameof(BreakDuration)}.";
        }
    }

    private IEnumerable<string> DurationErrors()
    {
        (string Name, TimeSpan Value, TimeSpan Least, bool MayBeInfinite)[] durations =
        [
            (nameof(SamplingDuration), SamplingDuration, _shortest, false),
            (nameof(BreakDuration), BreakDuration, _shortest, false),
            (nameof(MaxBreakDuration), MaxBreakDuration, _shortest, false),
            (nameof(ProbeTimeout), ProbeTimeout, _shortest, false),
            (nameof(ProbeSucceedsAfter), ProbeSucceedsAfter, TimeSpan.Zero, true),
            (nameof(CancelledCallThreshold), CancelledCallThreshold, TimeSpan.FromTicks(1), true),
            (nameof(SlowCallDuration), SlowCallDuration ?? Timeout.InfiniteTimeSpan, TimeSpan.FromTicks(1), true),
            (nameof(MaxCooldown), MaxCooldown, _shortest, false),
        ];

        foreach (var (name, value, least, mayBeInfinite) in durations)
        {
            if ((value >= least && value <= _longest) || (mayBeInfinite && value == Timeout.InfiniteTimeSpan))
            {
                continue;
            }

            var orNever = mayBeInfinite ? ", or to Timeout.InfiniteTimeSpan for never" : string.Empty;
            yield return $"{name} is {value}. Set it between {least} and {_longest}{orNever}.";
        }
    }

    private static string? OutOfRange(string name, int value, int least, int most) => value >= least && value <= most
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{name} is {value}. Set it between {least} and {most}.");
}
