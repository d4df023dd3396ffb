using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

/// <summary>Inside a ladder: the decorator above it records, the rung within it serves.</summary>
public class CachedAnswerLadderTests
{
    private static readonly ChatMessage[] Question = [new(ChatRole.User, "q")];
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task Step_SameQuestionWasAnsweredByAnyModel_AnswersWithItsAge(bool streaming, bool isDegraded)
    {
        var cache = new AnswerCache(new(), _time);
        await InLadder(new(call => Ladder.Answer(call, "42", isDegraded)), cache).AskAsync(streaming, Question, Ladder.Context(_time, streaming).Options);
        _time.Advance(TimeSpan.FromMinutes(7));

        var answer = await AskStepAsync(cache, streaming);

        Assert.Equal("42", answer!.Response.Text);
        Assert.Equal(TimeSpan.FromMinutes(7), answer.Age);
    }

    [BothWays]
    public async Task Step_ServedTwice_MakesAFreshAnswerEachTime(bool streaming)
    {
        var cache = new AnswerCache(new(), _time);
        await InLadder(new("42"), cache).AskAsync(streaming, Question, Ladder.Context(_time, streaming).Options);

        var first = await AskStepAsync(cache, streaming);
        (first!.Response.AdditionalProperties ??= [])["report"] = "annotated";
        first.Response.Messages.Clear();

        var second = await AskStepAsync(cache, streaming);
        Assert.Equal("42", second!.Response.Text);
        Assert.Null(second.Response.AdditionalProperties);
    }

    [Theory]
    [BothWaysData(AnswerSource.LastResort)]
    [BothWaysData(AnswerSource.Cache)]
    [BothWaysData(AnswerSource.None)]
    public async Task Decorator_AnswerIsNotOfAModel_StoresNothing(AnswerSource source, bool streaming)
    {
        var cache = new AnswerCache(new(), _time);
        await InLadder(new(call => Ladder.Answer(call, "42", source: source)), cache).AskAsync(streaming, Question, Ladder.Context(_time, streaming).Options);

        Assert.Null(await AskStepAsync(cache, streaming));
    }

    [Fact]
    public async Task Step_NoKeyInTheContext_Declines()
    {
        var (options, context) = Ladder.Context(_time);

        Assert.Null(await new CachedAnswerStep(new(new(), _time)).TryAnswerAsync(Question, options, context, default));
    }

    [BothWays]
    public async Task Decorator_LadderFails_LeavesItToTheSteps(bool streaming)
    {
        var cache = new AnswerCache(new(), _time);
        var client = InLadder(new(call => call.Number == 1 ? Task.FromResult(Answers.Text("42")) : Answers.Fail()), cache);
        await client.AskAsync(streaming, Question, Ladder.Context(_time, streaming).Options);
        var (options, context) = Ladder.Context(_time, streaming);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming, Question, options));

        Assert.NotNull(context.AnswerKey);
    }

    [BothWays]
    public async Task Decorator_RequestCannotBeCached_LeavesNoKey(bool streaming)
    {
        var (options, context) = Ladder.Context(_time, streaming);
        options.ConversationId = "c";

        await InLadder(new("42"), new(new(), _time)).AskAsync(streaming, Question, options);

        Assert.Null(context.AnswerKey);
    }

    [BothWays]
    public async Task ReadThrough_Hit_IsReportedAsACachedAnswerThatIsNoDegradation(bool streaming)
    {
        var client = InLadder(new("42"), new(new() { Mode = CachedAnswerMode.ReadThrough }, _time));
        await client.AskAsync(streaming, Question, Ladder.Context(_time, streaming).Options);
        _time.Advance(TimeSpan.FromMinutes(3));
        var (options, context) = Ladder.Context(_time, streaming);

        await client.AskAsync(streaming, Question, options);

        Assert.Equal((AnswerSource.Cache, "cache", false, TimeSpan.FromMinutes(3)), (context.Answer.Source, context.Answer.ServedBy, context.Answer.IsDegraded, context.Answer.Age!.Value));
        Assert.Equal("cache", Assert.Single(context.ToReport(withAttempts: true).Attempts).Step);
    }

    [BothWays]
    public async Task ReadThrough_OnlyALesserModelHasAnswered_AsksAgain(bool streaming)
    {
        var model = new FakeChatClient(call => Ladder.Answer(call, $"answer {call.Number}", isDegraded: call.Number == 1));
        var client = InLadder(model, new(new() { Mode = CachedAnswerMode.ReadThrough }, _time));

        Assert.Equal("answer 1", (await client.AskAsync(streaming, Question, Ladder.Context(_time, streaming).Options)).Text);
        Assert.Equal("answer 2", (await client.AskAsync(streaming, Question, Ladder.Context(_time, streaming).Options)).Text);
        Assert.Equal("answer 2", (await client.AskAsync(streaming, Question, Ladder.Context(_time, streaming).Options)).Text);
    }

    [Fact]
    public async Task Memory_LesserModelAnswersLater_DoesNotReplaceTheFirstStep()
    {
        var cache = new AnswerCache(new(), _time);
        var client = InLadder(new(call => Ladder.Answer(call, $"answer {call.Number}", isDegraded: call.Number == 2)), cache);
        await client.AskAsync(streaming: false, Question, Ladder.Context(_time).Options);
        await client.AskAsync(streaming: false, Question, Ladder.Context(_time).Options);

        Assert.Equal("answer 1", (await AskStepAsync(cache, streaming: false))!.Response.Text);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("US", false)]
    [InlineData("EU", true)]
    public async Task Step_RequestIsBound_AnswersOnlyFromAnAllowedProcess(string? runsIn, bool answers)
    {
        var cache = new AnswerCache(new(), _time, runsIn);
        var (options, context) = Ladder.Context(_time);
        context.Residency = DataResidency.Within("EU");
        await InLadder(new("42"), cache).AskAsync(streaming: false, Question, options);

        Assert.Equal(answers, await new CachedAnswerStep(cache).TryAnswerAsync(Question, options, context, default) is not null);
    }

    private static CachedAnswerChatClient InLadder(FakeChatClient model, AnswerCache cache) => new(new Ladder(model), cache, isInLadder: true);

    /// <summary>Asks as a ladder does whose models are down: the decorator above leaves the key, the rung looks it up.</summary>
    private async Task<LocalAnswer?> AskStepAsync(AnswerCache cache, bool streaming)
    {
        var (options, context) = Ladder.Context(_time, streaming);
        await Assert.ThrowsAsync<HttpRequestException>(() => InLadder(new(_ => Answers.Fail()), cache).AskAsync(streaming, Question, options));
        return await new CachedAnswerStep(cache).TryAnswerAsync(Question, options, context, default);
    }
}
