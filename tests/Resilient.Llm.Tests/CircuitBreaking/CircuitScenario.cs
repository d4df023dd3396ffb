using FsCheck;
using FsCheck.Fluent;

namespace Resilient.Llm.Tests;

internal enum Act
{
    Enter,
    Pend,
    PendLate,
    Reserve,
    UseReservation,
    ReleaseReservation,
    Content,
    Succeed,
    Fail,
    Cancel,
    StartCooldown,
    Advance,
    Isolate,
    Reset,
}

/// <summary>One thing that happens to a circuit.</summary>
/// <param name="Act">What.</param>
/// <param name="Which">Which of the calls in progress, or of the reservations held; counted round.</param>
/// <param name="Time">How long, for the acts that take a time.</param>
internal sealed record CircuitAct(Act Act, int Which, TimeSpan? Time)
{
    public override string ToString() => Act switch
    {
        Act.Advance or Act.StartCooldown => $"{Act} {Time?.ToString() ?? "without a time"}",
        Act.UseReservation or Act.ReleaseReservation or Act.Content or Act.Succeed or Act.Fail or Act.Cancel => $"{Act} #{Which}",
        _ => $"{Act}",
    };
}

/// <summary>A configuration and what happens to it. Prints as one line per step; shrinks to fewer steps.</summary>
/// <remarks>SlowAfter is in seconds. AsksAtOnce: whether somebody looks at the circuit after every advance of the clock, before anything else happens.</remarks>
internal sealed record CircuitScenario(
    int Threshold, double Ratio, int? Row, int Successes, bool LongStreamsProve, double Random, double? SlowAfter, double SlowRatio, bool AsksAtOnce, CircuitAct[] Steps)
{
    private static readonly TimeSpan?[] _times =
    [
        TimeSpan.FromTicks(1), TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4),
        TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(11),
    ];

    private static readonly TimeSpan?[] _retryAfters =
        [null, TimeSpan.Zero, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8), TimeSpan.FromHours(1)];

    /// <summary>Likely acts stand more than once. Hands on the circuit are rare: each ends what was building up.</summary>
    private static readonly Act[] _acts =
    [
        .. Enumerable.Repeat(Act.Enter, 8), .. Enumerable.Repeat(Act.Pend, 12), .. Enumerable.Repeat(Act.PendLate, 3), .. Enumerable.Repeat(Act.Fail, 12), .. Enumerable.Repeat(Act.Advance, 8),
        .. Enumerable.Repeat(Act.Succeed, 4), .. Enumerable.Repeat(Act.Content, 4), .. Enumerable.Repeat(Act.Cancel, 2),
        .. Enumerable.Repeat(Act.Reserve, 2), Act.UseReservation, Act.UseReservation, Act.ReleaseReservation,
        Act.StartCooldown, Act.Isolate, Act.Reset,
    ];

    public static Arbitrary<CircuitScenario> Arbitrary { get; } = Arb.From(Generator(), Shrink);

    public ChatCircuitBreakerOptions ToOptions() => new()
    {
        FailureThreshold = Threshold,
        FailureRatio = Ratio,
        ConsecutiveFailures = Row,
        SuccessesToClose = Successes,
        SamplingDuration = TimeSpan.FromSeconds(10),
        BreakDuration = TimeSpan.FromSeconds(4),
        MaxBreakDuration = TimeSpan.FromSeconds(10),
        ProbeTimeout = TimeSpan.FromSeconds(6),
        ProbeSucceedsAfter = LongStreamsProve ? TimeSpan.FromSeconds(3) : Timeout.InfiniteTimeSpan,
        MaxCooldown = TimeSpan.FromSeconds(20),
        SlowCallDuration = SlowAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        SlowCallRatio = SlowRatio,
    };

    public override string ToString() =>
        $"threshold {Threshold}, ratio {Ratio}, row {Row?.ToString() ?? "off"}, successes to close {Successes}, " +
        $"long streams prove: {LongStreamsProve}, random {Random}, slow after {SlowAfter?.ToString() ?? "never"} and {SlowRatio}, asks at once: {AsksAtOnce}\n  {string.Join("\n  ", Steps.Select((s, i) => $"{i + 1}. {s}"))}\n";

    private static Gen<CircuitScenario> Generator() =>
        from threshold in Gen.Choose(1, 4)
        from ratio in Gen.Elements(0, 0.5, 1)
        from row in Gen.Elements<int?>(null, 3, 5)
        from successes in Gen.Choose(1, 2)
        from longStreamsProve in Gen.Elements(true, false)
        from random in Gen.Elements(0, 0.5)
        from slowAfter in Gen.Elements<double?>(null, 1, 3, 3, 8)
        from slowRatio in Gen.Elements(0.3, 0.5, 1)
        from asksAtOnce in Gen.Elements(true, false)
        from count in Gen.Choose(20, 80)
        from steps in Gen.ArrayOf(StepGenerator(), count)
        select new CircuitScenario(threshold, ratio, row, successes, longStreamsProve, random, slowAfter, slowRatio, asksAtOnce, steps);

    private static Gen<CircuitAct> StepGenerator() =>
        from act in Gen.Elements(_acts)
        from which in Gen.Choose(0, 5)
        from time in Gen.Elements(act == Act.StartCooldown ? _retryAfters : _times)
        select new CircuitAct(act, which, time);

    /// <summary>Leaves out runs of steps, the long ones first.</summary>
    private static IEnumerable<CircuitScenario> Shrink(CircuitScenario scenario)
    {
        for (var length = scenario.Steps.Length / 2; length > 0; length /= 2)
        {
            for (var from = 0; from + length <= scenario.Steps.Length; from += length)
            {
                yield return scenario with { Steps = [.. scenario.Steps[..from], .. scenario.Steps[(from + length)..]] };
            }
        }
    }
}
