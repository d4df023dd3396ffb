namespace Resilient.Llm.Chaos.Tests;

/// <summary>Experiments and options that cannot be meant.</summary>
public sealed class ExperimentCheckTests : IDisposable
{
    private static readonly ChaosExperiment _good = ExperimentLab.Refusing("e");

    private readonly ExperimentLab _lab = new();

    public static TheoryData<ChaosExperiment, string> Bad => new()
    {
        { _good with { Name = " " }, "has no name" },
        { _good with { Fault = null! }, "has no fault" },
        { _good with { Target = null! }, "has no target" },
        { _good with { Rate = 0 }, "Rate is 0. Set it above 0" },
        { _good with { Rate = 1.5 }, "Rate is 1.5. Set it above 0 and to at most 1." },
        { _good with { Rate = double.NaN }, "Rate is NaN" },
        { _good with { Duration = TimeSpan.Zero }, "Duration is 00:00:00" },
        { _good with { Duration = TimeSpan.FromHours(2) }, "Duration is 02:00:00. Set it above zero and to at most 01:00:00 (ChaosOptions.MaxDuration)." },
        { _good with { Duration = Timeout.InfiniteTimeSpan }, "Duration is" },
        { _good with { Fault = new((ChaosFaultKind)999) }, "no kind of fault" },
        { _good with { Fault = new(ChaosFaultKind.Latency) }, "there is no Latency" },
        { _good with { Fault = new(ChaosFaultKind.SlowStream) }, "there is no Latency" },
        { _good with { Fault = ChaosFault.RateLimited(TimeSpan.FromSeconds(-1)) }, "Fault.RetryAfter is -00:00:01" },
        { _good with { Fault = ChaosFault.CutAfter(-1) }, "Fault.AfterContents is -1" },
        { _good with { Target = new() { Models = [""] } }, "Target.Models" },
        { _good with { Target = new() { Tenants = null! } }, "Target.Tenants" },
        { _good with { Target = new() { Share = 0 } }, "Target.Share is 0" },
        { _good with { Guard = new() }, "its Guard looks at nothing" },
        { _good with { Guard = new() { MinSuccessRate = 95 } }, "Guard.MinSuccessRate is 95" },
        { _good with { Guard = new() { MaxP99 = TimeSpan.Zero } }, "Guard.MaxP99 is 00:00:00" },
        { _good with { Guard = new() { MinSuccessRate = 0.9, Window = TimeSpan.FromMilliseconds(10) } }, "Guard.Window is" },
        { _good with { Guard = new() { MinSuccessRate = 0.9, MinRequests = 0 } }, "Guard.MinRequests is 0" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Start_OutOfRange_IsRefusedWithTheMendAndNoted(ChaosExperiment experiment, string says)
    {
        var exception = Assert.Throws<ArgumentException>(() => _lab.Chaos.Start(experiment, "alice"));

        Assert.Contains(says, exception.Message, StringComparison.Ordinal);
        Assert.Equal(new(_lab.Clock.GetUtcNow(), ChaosLogAction.Refused, experiment.Name, "alice", exception.Message), Assert.Single(_lab.Chaos.Log));
        Assert.False(_lab.Hits());
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Fact]
    public void Start_NobodyIsNamedAsTheOneWhoWantsIt_IsRefused() =>
        Assert.Throws<ArgumentException>("by", () => _lab.Chaos.Start(_good, " "));

    [Fact]
    public void Start_TargetMatchesNoEndpointOfTheLadders_IsRefusedWithThoseThereAre()
    {
        _lab.Ladder();

        var exception = Assert.Throws<ArgumentException>(() => _lab.Chaos.Start(_good with { Target = new() { Models = ["lrage"] } }, "alice"));

        Assert.Contains("Endpoints with chaos: large.", exception.Message, StringComparison.Ordinal);
        Assert.True(_lab.Chaos.Start(_good with { Target = new() { Models = ["large"] } }, "alice").IsRunning);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(25)]
    public void Options_MaxDurationOutOfRange_IsRefused(int hours) => Assert.Contains(
        "ChaosOptions.MaxDuration",
        Assert.Throws<ArgumentException>(() => new ChaosController(new() { MaxDuration = TimeSpan.FromHours(hours) })).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("Production", false)]
    [InlineData("Prod-EU", false)]
    [InlineData("staging", true)]
    [InlineData("Development", true)]
    public void Options_EnabledInAnEnvironment_OnlyIfItIsOnTheList(string environment, bool allowed)
    {
        var exception = Record.Exception(() => new ChaosController(new() { Enabled = true, Environment = environment }).Dispose());

        Assert.Equal(allowed, exception is null);
        if (!allowed)
        {
            Assert.IsType<InvalidOperationException>(exception);
            Assert.Contains($"the environment '{environment}', and AllowedEnvironments is Development, Test, Staging", exception.Message, StringComparison.Ordinal);
            Assert.Contains($"or add '{environment}'", exception.Message, StringComparison.Ordinal);
            Assert.EndsWith($"If this is no {environment}, say where it is: the environment variable DOTNET_ENVIRONMENT, for example Development, or ChaosOptions.Environment.", exception.Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _lab.Dispose();
}
