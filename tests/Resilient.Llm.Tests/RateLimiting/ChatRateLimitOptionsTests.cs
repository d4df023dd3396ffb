using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class ChatRateLimitOptionsTests
{
    public static TheoryData<ChatRateLimitOptions, string, string> Invalid => new()
    {
        { new() { MaxConcurrentCalls = 0 }, "MaxConcurrentCalls is 0", "Use null for no limit" },
        { new() { RequestsPerMinute = -1 }, "RequestsPerMinute is -1", "Use null for no limit" },
        { new() { TokensPerMinute = 0 }, "TokensPerMinute is 0", "Use null for no limit" },
        { new() { Burst = TimeSpan.Zero }, "Burst is 00:00:00", "default of one minute" },
        { new() { Burst = TimeSpan.FromDays(1) }, "Burst is 1.00:00:00", "at most 01:00:00" },
        { new() { MaxConcurrentCalls = 1, MaxWait = TimeSpan.FromSeconds(-1) }, "MaxWait is -00:00:01", "TimeSpan.Zero" },
        { new() { MaxWait = TimeSpan.FromSeconds(1) }, "MaxWait is 00:00:01, but no limit", "Set MaxConcurrentCalls" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Validate_OutOfRange_NamesOptionValueAndMend(ChatRateLimitOptions options, string problem, string mend)
    {
        using var inner = ScriptedChatClient.Answering("ok");

        var thrown = Assert.Throws<ArgumentException>(() => new RateLimitChatClient(inner, options));

        Assert.Contains(problem, thrown.Message, StringComparison.Ordinal);
        Assert.Contains(mend, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copy_Changed_LeavesTheOriginalAlone()
    {
        var original = new ChatRateLimitOptions { RequestsPerMinute = 5, EstimateTokens = static (_, _) => 1 };

        var copy = original.Copy();
        copy.RequestsPerMinute = 9;

        Assert.Equal(5, original.RequestsPerMinute);
        Assert.Same(original.EstimateTokens, copy.EstimateTokens);
    }
}
