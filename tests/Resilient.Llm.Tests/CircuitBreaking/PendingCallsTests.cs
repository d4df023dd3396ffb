using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

public sealed class PendingCallsTests
{
    private readonly PendingCalls _calls = new();

    [Fact]
    public void Calls_ComeAndGoInAnyOrder_AreTakenInTheOrderTheyAreDue()
    {
        var random = new Random(3);
        List<PendingCall> expected = [];
        long now = 0;
        for (var i = 0; i < 20_000; i++)
        {
            switch (random.Next(4))
            {
                case 0 or 1:
                    var due = now + 1_000 - random.Next(20);
                    var call = new PendingCall(due, 0, random.Next(2) == 0);
                    _calls.Add(call);
                    Assert.Equal(expected.Where(c => c.IsStreaming == call.IsStreaming).Select(static c => c.Due).Append(due).Max(), call.Due);
                    expected.Add(call);
                    break;
                case 2 when expected.Count > 0:
                    var leaving = expected[random.Next(expected.Count)];
                    expected.Remove(leaving);
                    Assert.True(_calls.Remove(leaving));
                    Assert.False(_calls.Remove(leaving));
                    break;
                default:
                    now += random.Next(80);
                    while (_calls.TakeDue(now) is { } late)
                    {
                        Assert.Equal(expected.Min(static c => c.Due), late.Due);
                        Assert.Same(expected.First(c => c.IsStreaming == late.IsStreaming), late);
                        Assert.InRange(late.Due, 0, now);
                        expected.Remove(late);
                    }

                    Assert.DoesNotContain(expected, c => c.Due <= now);
                    break;
            }

            Assert.Equal(expected.Count == 0 ? long.MaxValue : expected.Min(static c => c.Due), _calls.NextDue);
        }

        _calls.Clear();
        Assert.Equal(long.MaxValue, _calls.NextDue);
        Assert.All(expected, static c => Assert.True(c is { IsListed: false, Previous: null, Next: null }));
    }

    [BothWays]
    public void Call_OfALowerBound_IsNotDueBeforeTheOneAheadOfIt(bool isStreaming)
    {
        var (ahead, behind) = (new PendingCall(100, 0, isStreaming), new PendingCall(20, 0, isStreaming));
        _calls.Add(ahead);
        _calls.Add(behind);

        Assert.Equal((100, 100), (behind.Due, _calls.NextDue));
        Assert.Null(_calls.TakeDue(99));
        Assert.Equal([ahead, behind], [_calls.TakeDue(100), _calls.TakeDue(100)]);
    }

    [BothWays]
    public void Call_OfTheOtherKind_IsNotPutOff(bool isStreaming)
    {
        var (slow, fast) = (new PendingCall(100, 0, isStreaming), new PendingCall(20, 0, !isStreaming));
        _calls.Add(slow);
        _calls.Add(fast);

        Assert.Equal((20, 20), (fast.Due, _calls.NextDue));
        Assert.Same(fast, _calls.TakeDue(20));
        Assert.Equal(100, _calls.NextDue);
    }
}
