using Polly;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Strategies of one's own may run a stream's opening several times at once, or stop waiting for it.</summary>
public sealed class ParallelPipelineTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Stream_TwoAtOnce_TheWinnerIsReadWholeAndTheLoserDisposed(int winner)
    {
        LadderLab.GoOnInline();
        TaskCompletionSource[] releases = [new(), new()];
        _lab.Primary.Then(Scripted.Answer("a", "b", "c").After(releases[0].Task)).Then(Scripted.Answer("d", "e", "f").After(releases[1].Task));
        var ladder = _lab.Models(static chat => chat.WithPipeline(Pipeline(new Race())));

        var asked = ladder.AskAsync(streaming: true);
        Assert.Equal(2, _lab.Primary.CallCount);
        releases[winner].SetResult();

        Assert.Equal(winner == 0 ? "abc" : "def", (await asked).Text);
        releases[1 - winner].SetResult();
        Assert.Equal(0, _lab.Primary.OpenEnumerators);
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [Fact]
    public async Task Stream_BothAreThereAtOnce_TheLoserIsDisposedToo()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Then(Scripted.Answer("a", "b")).Then(Scripted.Answer("c", "d"));

        var answer = await _lab.Models(static chat => chat.WithPipeline(Pipeline(new Race()))).AskAsync(streaming: true);

        Assert.Equal("ab", answer.Text);
        Assert.Equal((2, 0), (_lab.Primary.CallCount, _lab.Primary.OpenEnumerators));
    }

    [Fact]
    public async Task Stream_StrategyGivesUp_WhatComesLateIsDisposed()
    {
        LadderLab.GoOnInline();
        var release = new TaskCompletionSource();
        _lab.Primary.Always(Scripted.HangUntil(release.Task));

        var answer = await _lab.Models(static chat => chat.WithPipeline(Pipeline(new Impatience()))).AskAsync(streaming: true);
        Assert.Equal("from cheaper", answer.Text);
        Assert.Equal(1, _lab.Primary.OpenEnumerators);

        release.SetResult();

        Assert.Equal(0, _lab.Primary.OpenEnumerators);
    }

    private static ResiliencePipeline Pipeline(ResilienceStrategy strategy) =>
        new ResiliencePipelineBuilder().AddStrategy(_ => strategy, new NoOptions()).Build();

    /// <summary>Runs two, takes the first that ends, and forgets the other.</summary>
    private sealed class Race : ResilienceStrategy
    {
        protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
        {
            var first = callback(context, state).AsTask();
            var second = callback(context, state).AsTask();
            return await await Task.WhenAny(first, second).ConfigureAwait(false);
        }
    }

    /// <summary>Does not wait for what is not there at once.</summary>
    private sealed class Impatience : ResilienceStrategy
    {
        protected override ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
        {
            var call = callback(context, state);
            return call.IsCompleted ? call : Outcome.FromExceptionAsValueTask<TResult>(new TimeoutException("impatient"));
        }
    }

    private sealed class NoOptions : ResilienceStrategyOptions;
}
