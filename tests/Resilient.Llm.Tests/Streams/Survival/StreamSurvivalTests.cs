namespace Resilient.Llm.Tests;

/// <summary>
/// Whatever providers and callers do in whatever order: the caller gets exactly one provider's answer, a correctly spliced continuation or a typed exception, and nothing is left over.
/// </summary>
/// <remarks>
/// One seed is one run: a ladder of one to three models with random policies, up to three callers who read, pause, cancel and walk away, and providers that
/// answer, break, hang and break rules. All of it is single-threaded and in virtual time, so that a seed always tells the same story: add one that failed to <see cref="Ladder_RunThatOnceFailed_KeepsTheContract"/>
/// and run that alone.
/// </remarks>
[Collection(nameof(StreamSurvivalTests))]
public sealed class StreamSurvivalTests
{
    private const int RunsPerBatch = 2_500;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void Ladder_RandomStreams_KeepTheContract(int batch)
    {
        Collect();
        var failures = new List<string>();
        var unobserved = new List<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> onUnobserved = (_, e) => unobserved.Add(e.Exception);
        TaskScheduler.UnobservedTaskException += onUnobserved;
        try
        {
            for (var seed = batch * RunsPerBatch; seed < (batch + 1) * RunsPerBatch; seed++)
            {
                if (new SurvivalRun(seed).Play() is { } failure)
                {
                    failures.Add(failure);
                }
            }

            Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= onUnobserved;
        }

        // The shortest story says most.
        Assert.True(failures.Count == 0, $"{failures.Count} of {RunsPerBatch} runs broke the contract. The shortest: {failures.MinBy(static failure => failure.Length)}");
        Assert.True(unobserved.Count == 0, $"{unobserved.Count} exceptions that nobody observed, the first: {unobserved.FirstOrDefault()}");
    }

    /// <summary>Runs that broke the contract while it was being built, or break it when the library is broken in the way that is named.</summary>
    [Theory]
    [InlineData(437, "an answer that had ended was continued, its provider having filled the update of the end again")]
    [InlineData(631, "a pipeline read a provider's stream past its end")]
    [InlineData(681, "what a hedge held back was filled again by its provider, and came twice")]
    [InlineData(3356, "a cancellation in the wait for a retry came with somebody else's token")]
    [InlineData(3614, "an answer that starts over was taken for a continuation")]
    public void Ladder_RunThatOnceFailed_KeepsTheContract(int seed, string once)
    {
        var failure = new SurvivalRun(seed).Play();

        Assert.True(failure is null, $"Perhaps again: {once}. {failure}");
    }

    [Fact]
    public void Ladder_SameSeed_TellsTheSameStory()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            Assert.Equal(Story(seed), Story(seed));
        }
    }

    private static string Story(int seed)
    {
        var run = new SurvivalRun(seed);
        run.Play();
        return run.ToString();
    }

    private static void Collect()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}

/// <summary>Alone, so that an exception which nobody observed is nobody else's.</summary>
[CollectionDefinition(nameof(StreamSurvivalTests), DisableParallelization = true)]
public sealed class StreamSurvivalTestsCollection;
