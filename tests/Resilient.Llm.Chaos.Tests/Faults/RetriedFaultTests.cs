namespace Resilient.Llm.Chaos.Tests;

/// <summary>Faults that a second try cures: caught by the retry, and by nothing else where there is none.</summary>
public sealed class RetriedFaultTests : IDisposable
{
    private readonly FaultLab _lab = new();

    public static TheoryData<ChaosFaultKind, bool> Faults
    {
        get
        {
            var data = new TheoryData<ChaosFaultKind, bool>();
            foreach (var streaming in new[] { false, true })
            {
                data.Add(ChaosFaultKind.ConnectionRefused, streaming);
                data.Add(ChaosFaultKind.ConnectionReset, streaming);
                data.Add(ChaosFaultKind.NameResolution, streaming);
                data.Add(ChaosFaultKind.TlsFailure, streaming);
                data.Add(ChaosFaultKind.Severed, streaming);
                data.Add(ChaosFaultKind.ServerError, streaming);
                data.Add(ChaosFaultKind.Overloaded, streaming);

                // Before the first content they are broken openings like the others.
                data.Add(ChaosFaultKind.CutStream, streaming);
                data.Add(ChaosFaultKind.ErrorEvent, streaming);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_OnceAndNobodyBelow_TheSameModelAnswersTheRetry(ChaosFaultKind kind, bool streaming)
    {
        var ladder = _lab.Alone();
        _lab.StartOnce(new(kind) { AfterContents = 0 });

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal("One two three.", outcome.Text);
        Assert.Single(_lab.Retries);
        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_OnceWithoutRetriesAndNobodyBelow_IsNotCaught(ChaosFaultKind kind, bool streaming)
    {
        var ladder = _lab.Alone(static chat => chat.WithRetries(0));
        _lab.StartOnce(new(kind) { AfterContents = 0 });

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.IsType<ChatUnavailableException>(outcome.Exception);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_Always_RetriesAreSpentAndTheNextModelAnswers(ChaosFaultKind kind, bool streaming)
    {
        var ladder = _lab.Ladder();
        using var run = _lab.Start(new(kind) { AfterContents = 0 });

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal("from cheaper", outcome.Text);
        Assert.Equal(2, _lab.Retries.Count);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    public void Dispose() => _lab.Dispose();
}
