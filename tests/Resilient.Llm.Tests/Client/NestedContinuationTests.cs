using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A ladder that is asked, as a model of another one, to go on with an answer that broke off.</summary>
public sealed class NestedContinuationTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [InlineData(CachedAnswerMode.OnFailure)]
    [InlineData(CachedAnswerMode.ReadThrough)]
    public async Task InnerStore_NeverHoldsWhatWentOnWithAnotherAnswer(CachedAnswerMode mode)
    {
        _lab.Primary.Always(Broken("It is open "));
        _lab.Cheaper.Then(Scripted.Answer("until six.")).Then(mode == CachedAnswerMode.ReadThrough ? Scripted.Answer("on Sundays.") : Scripted.Throw(LadderLab.Status(404)));

        // By the last message alone, the instruction, all continuations would be the same.
        var inner = _lab.Builder().AddModel("cheaper", _lab.Cheaper)
            .AddCachedAnswers(options => (options.Mode, options.Scope) = (mode, CachedAnswerScope.SystemAndLastUserMessage)).Build();
        var outer = _lab.Builder().AddModel("primary", _lab.Primary).AddModel("group", inner).AddLastResort().WithRetries(0).Build();
        await _lab.RunAsync(outer.AskAsync(streaming: true, "until when?"));

        var second = _lab.RunAsync(outer.AskAsync(streaming: true, "on which days?"));

        if (mode == CachedAnswerMode.ReadThrough)
        {
            Assert.Equal("It is open on Sundays.", (await second).Text);
        }
        else
        {
            Assert.DoesNotContain("until six", (await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => second)).PartialResponse.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task InnerLastResort_DoesNotGoOnWithAnAnswer()
    {
        _lab.Primary.Then(Broken("It is open ")).Always(Scripted.Throw(LadderLab.Status(404)));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        var inner = _lab.Builder().AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();
        var outer = _lab.Builder().AddModel("primary", _lab.Primary).AddModel("group", inner).Build();

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => _lab.RunAsync(outer.AskAsync(streaming: true)));

        Assert.Equal("It is open ", thrown.PartialResponse.Text);
        Assert.Equal(1, _lab.Cheaper.CallCount);
    }

    private static Scripted Broken(params string[] chunks) => Scripted.Answer(chunks).BreakingAfter(chunks.Length, new IOException("cut"));
}
