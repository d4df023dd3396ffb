using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class RateLimitChatClientTests
{
    [BothWays]
    public async Task RequestsPerMinute_UsedUp_RefusesWithRetryAfterAndRefillsEvenly(bool streaming)
    {
        var inner = ScriptedChatClient.Answering("ok");
        var client = Limit(inner, o => o.RequestsPerMinute = 7);
        await AskAsync(client, streaming, times: 7);
        var period = TimeSpan.FromMinutes(1) / 7;

        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));
        Assert.Equal(period.TotalSeconds, refused.RetryAfter!.Value.TotalSeconds, tolerance: 0.000_001);
        Assert.Equal(refused.RetryAfter, Check(client).ReopensIn);

        _time.Advance(period);
        Assert.True(Check(client).IsAvailable);
        await client.AskAsync(streaming);
        Assert.False(Check(client).IsAvailable);
        Assert.Equal(8, inner.CallCount);
    }

    [BothWays]
    public async Task Burst_ShorterThanAMinute_LimitsWhatPassesAtOnce(bool streaming)
    {
        var client = Limit(ScriptedChatClient.Answering("ok"), o =>
        {
            o.RequestsPerMinute = 60;
            o.Burst = TimeSpan.FromSeconds(5);
        });

        await AskAsync(client, streaming, times: 5);
        await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));

        _time.Advance(TimeSpan.FromMinutes(10));
        await AskAsync(client, streaming, times: 5);
        await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));
    }

    [BothWays]
    public async Task TokensPerMinute_UsedLessThanEstimated_GivesTheRestBack(bool streaming)
    {
        var client = Limit(ScriptedChatClient.Playing(Scripted.Answer("ok").Using(60, 40)), o => LimitTokens(o, 1_000, 400));

        // Each costs 100 in truth: after six, 400 are left, which is what the next may need.
        await AskAsync(client, streaming, times: 7);
        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));

        Assert.Equal(TimeSpan.FromSeconds(6), refused.RetryAfter);
    }

    [BothWays]
    public async Task TokensPerMinute_UsedMoreThanEstimated_LeavesADebt(bool streaming)
    {
        var client = Limit(ScriptedChatClient.Playing(Scripted.Answer("ok").Using(1_000, 500)), o => LimitTokens(o, 1_000, 100));
        await client.AskAsync(streaming);

        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));

        // 500 in debt and 100 needed, at 1,000 a minute.
        Assert.Equal(TimeSpan.FromSeconds(36), refused.RetryAfter);
    }

    [BothWays]
    public async Task TokensPerMinute_NoUsageReported_EstimateStands(bool streaming)
    {
        var client = Limit(ScriptedChatClient.Answering("ok").Then(Scripted.Throw(new IOException("down"))), o => LimitTokens(o, 1_000, 400));
        await client.AskAsync(streaming);
        await Assert.ThrowsAsync<IOException>(() => client.AskAsync(streaming));

        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));

        Assert.Equal(TimeSpan.FromSeconds(12), refused.RetryAfter);
    }

    [BothWays]
    public async Task TokensPerMinute_EstimateAboveTheBurst_PassesWhenFullAndLeavesADebt(bool streaming)
    {
        var client = Limit(ScriptedChatClient.Answering("ok"), o => LimitTokens(o, 1_000, 3_000));
        await client.AskAsync(streaming);

        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));

        Assert.Equal(TimeSpan.FromMinutes(3), refused.RetryAfter);
    }

    [Theory]
    [BothWaysData(int.MaxValue, null)]
    [BothWaysData(1, long.MaxValue)]
    public async Task TokensPerMinute_AbsurdRequestOrUsage_CostsMinutesAndNotWeeks(bool streaming, int maxOutputTokens, long? used)
    {
        var answer = Scripted.Answer("ok");
        var client = Limit(ScriptedChatClient.Playing(used is { } tokens ? answer.Using(tokens, 0) : answer), static o => o.TokensPerMinute = 10_000);
        await client.AskAsync(streaming, options: new() { MaxOutputTokens = maxOutputTokens });

        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(11));

        _time.Advance(TimeSpan.FromMinutes(11));
        await client.AskAsync(streaming, options: new() { MaxOutputTokens = 1 });
    }

    [BothWays]
    public async Task TokensPerMinute_DefaultEstimate_CountsMessagesEnumeratedOnce(bool streaming)
    {
        var inner = ScriptedChatClient.Answering("ok");
        var client = Limit(inner, o => o.TokensPerMinute = 100);
        var options = new ChatOptions { MaxOutputTokens = 30, Instructions = new string('i', 80) };
        var enumerations = 0;

        IEnumerable<ChatMessage> messages = Once();
        _ = streaming
            ? await client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync()
            : await client.GetResponseAsync(messages, options);
        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming, new string('q', 120), options));

        // 80 + 120 characters are 50 tokens, 30 more may come out: 80 of 100 are charged, and 60 short for the next.
        Assert.Equal(TimeSpan.FromSeconds(36), refused.RetryAfter);
        Assert.Equal(1, enumerations);
        Assert.Equal(new string('q', 120), inner.Calls[0].Question);

        IEnumerable<ChatMessage> Once()
        {
            enumerations++;
            yield return new(ChatRole.User, new string('q', 120));
        }
    }

    [Fact]
    public async Task TokensPerMinute_StreamCutAfterPartialUsage_ChargesNoLessThanTheEstimate()
    {
        var inner = ScriptedChatClient.Playing(
            Scripted.Give(new UsageContent(new() { InputTokenCount = 10 }), new TextContent("x")).BreakingAfter(2, new IOException("cut")));
        var client = Limit(inner, o => LimitTokens(o, 1_000, 1_000));

        await Assert.ThrowsAsync<IOException>(() => client.AskAsync(streaming: true));

        Assert.Equal(1.0 / 1_000 * 60, Check(client).ReopensIn!.Value.TotalSeconds, tolerance: 0.000_001);
    }

    [BothWays]
    public async Task AnyLimit_CallTurnedAwayFurtherIn_CostsNothing(bool streaming)
    {
        var inner = ScriptedChatClient.Throwing(new BrokenCircuitException()).Then(Scripted.Throw(new ChatCallRejectedException("no")));
        var client = Limit(inner, o =>
        {
            o.RequestsPerMinute = 1;
            LimitTokens(o, 100, 100);
        });

        await Assert.ThrowsAsync<BrokenCircuitException>(() => client.AskAsync(streaming));
        await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));

        Assert.Equal(2, inner.CallCount);
        Assert.True(Check(client).IsAvailable);
    }

    private static void LimitTokens(ChatRateLimitOptions options, int perMinute, int estimate)
    {
        options.TokensPerMinute = perMinute;
        options.EstimateTokens = (_, _) => estimate;
    }

    private static async Task AskAsync(IChatClient client, bool streaming, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await client.AskAsync(streaming);
        }
    }
}
