namespace Resilient.Llm.Tests;

/// <summary>
/// Whatever providers do in whatever order: the caller gets exactly one provider's answer, a correctly spliced continuation or a typed exception, and nothing is left over.
/// </summary>
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
        var failures = new List<string>();
        for (var seed = batch * RunsPerBatch; seed < (batch + 1) * RunsPerBatch; seed++)
        {
            if (new SurvivalRun(seed).Play() is { } failure)
            {
                failures.Add(failure);
            }
        }

        // The shortest story says most.
        Assert.True(failures.Count == 0, $"{failures.Count} of {RunsPerBatch} runs broke the contract. The shortest: {failures.MinBy(static failure => failure.Length)}");
    }

    /// <summary>Runs that once broke the contract.</summary>
    [Theory]
    [InlineData(0)]
    public void Ladder_RunThatOnceFailed_KeepsTheContract(int seed) => Assert.Null(new SurvivalRun(seed).Play());
}
