namespace Resilient.Llm.Tests;

public sealed class ChatCircuitBreakerOptionsTests
{
    public static TheoryData<string, Action<ChatCircuitBreakerOptions>> OutOfRange { get; } = new()
    {
        { "FailureThreshold is 0. Set it between 1 and 10000.", o => o.FailureThreshold = 0 },
        { "FailureThreshold is 10001.", o => o.FailureThreshold = 10_001 },
        { "FailureRatio is 1.5,", o => o.FailureRatio = 1.5 },
        { "FailureRatio is -0.1,", o => o.FailureRatio = -0.1 },
        { "FailureRatio is NaN,", o => o.FailureRatio = double.NaN },
        { "ConsecutiveFailures is 0,", o => o.ConsecutiveFailures = 0 },
        { "SuccessesToClose is 0.", o => o.SuccessesToClose = 0 },
        { "SamplingDuration is 00:00:00. Set it between 00:00:00.0010000 and 1.00:00:00.", o => o.SamplingDuration = TimeSpan.Zero },
        { "SamplingDuration is 2.00:00:00.", o => o.SamplingDuration = TimeSpan.FromDays(2) },
        { "BreakDuration is 00:00:00.", o => o.BreakDuration = TimeSpan.Zero },
        { "MaxBreakDuration is 2.00:00:00.", o => o.MaxBreakDuration = TimeSpan.FromDays(2) },
        { "ProbeTimeout is -00:00:00.0010000.", o => o.ProbeTimeout = Timeout.InfiniteTimeSpan },
        { "ProbeSucceedsAfter is -00:00:01.", o => o.ProbeSucceedsAfter = TimeSpan.FromSeconds(-1) },
        { "CancelledCallThreshold is 00:00:00. ", o => o.CancelledCallThreshold = TimeSpan.Zero },
        { "SlowCallDuration is 00:00:00. Set it between 00:00:00.0000001 and 1.00:00:00, or to Timeout.InfiniteTimeSpan for never.", o => o.SlowCallDuration = TimeSpan.Zero },
        { "SlowCallDuration is 2.00:00:00.", o => o.SlowCallDuration = TimeSpan.FromDays(2) },
        { "SlowCallRatio is 0, which is no part of all calls. Set it above 0,", o => o.SlowCallRatio = 0 },
        { "SlowCallRatio is 1.01,", o => o.SlowCallRatio = 1.01 },
        { "SlowCallRatio is NaN,", o => o.SlowCallRatio = double.NaN },
        { "MaxCooldown is 00:00:00.", o => o.MaxCooldown = TimeSpan.Zero },
        {
            "MaxBreakDuration (00:00:10) is shorter than BreakDuration (00:00:20), but breaks only grow. Raise MaxBreakDuration or shorten BreakDuration.",
            o => (o.BreakDuration, o.MaxBreakDuration) = (TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10))
        },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Options_OutOfRange_AreRefusedByNameAndValue(string message, Action<ChatCircuitBreakerOptions> configure)
    {
        var options = new ChatCircuitBreakerOptions();
        configure(options);

        Assert.StartsWith(message, Assert.Single(options.GetErrors()));
        Assert.StartsWith(message, Assert.Throws<ArgumentException>("options", () => new CircuitBreaker(options)).Message);
    }

    [Fact]
    public void Options_Default_AreValid() => Assert.Empty(new ChatCircuitBreakerOptions().GetErrors());

    [Fact]
    public void Options_SwitchedOff_AreValid()
    {
        var options = new ChatCircuitBreakerOptions
        {
            ConsecutiveFailures = null,
            FailureRatio = 0,
            CancelledCallThreshold = Timeout.InfiniteTimeSpan,
            SlowCallDuration = Timeout.InfiniteTimeSpan,
            ProbeSucceedsAfter = Timeout.InfiniteTimeSpan,
        };

        options.Validate();
    }

    [Fact]
    public void Options_SeveralWrong_AreAllNamed()
    {
        var options = new ChatCircuitBreakerOptions { FailureThreshold = 0, FailureRatio = 2, SuccessesToClose = 0 };

        Assert.Equal(3, options.GetErrors().Count());
    }

    [Fact]
    public void CountOnly_LongerBreakThanTheMaximum_RaisesTheMaximum()
    {
        var options = new ChatCircuitBreakerOptions();
        options.CountOnly(7, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(10));

        options.Validate();
        Assert.Equal((7, 0d, null), (options.FailureThreshold, options.FailureRatio, options.ConsecutiveFailures));
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10)), (options.BreakDuration, options.MaxBreakDuration));
    }

    [Fact]
    public void Clone_Changed_LeavesTheOriginalAlone()
    {
        var options = new ChatCircuitBreakerOptions { FailureThreshold = 3 };
        var clone = options.Clone();
        Assert.Equal(3, clone.FailureThreshold);
        clone.FailureThreshold = 4;

        Assert.Equal(3, options.FailureThreshold);
    }
}
