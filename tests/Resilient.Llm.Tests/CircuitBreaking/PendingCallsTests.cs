namespace Resilient.Llm.Tests;

public sealed class PendingCallsTests
{
    [Fact]
    public void Calls_ComeAndGoInAnyOrder_AreTakenInTheOrderTheyAreDue()
    {
        var random = new Random(3);
        var calls = new PendingCalls();
        List<PendingCall> expected = [];
        long now = 0;
        for (var i = 0; i < 20_000; i++)
        {
            switch (random.Next(4))
            {
                case 0 or 1:
                    var call = new PendingCall(now + 1_000 - random.Next(20), 0);
                    calls.Add(call);
                    expected.Insert(expected.FindLastIndex(c => c.Due <= call.Due) + 1, call);
                    break;
                case 2 when expected.Count > 0:
                    var leaving = expected[random.Next(expected.Count)];
                    expected.Remove(leaving);
                    Assert.True(calls.Remove(leaving));
                    Assert.False(calls.Remove(leaving));
                    break;
                default:
                    now += random.Next(80);
                    while (calls.TakeDue(now) is { } due)
                    {
                        Assert.Same(expected[0], due);
                        Assert.InRange(due.Due, 0, now);
                        expected.RemoveAt(0);
                    }

                    break;
            }

            Assert.Equal(expected.Count == 0 ? long.MaxValue : expected[0].Due, calls.NextDue);
        }

        calls.Clear();
        Assert.Equal(long.MaxValue, calls.NextDue);
        Assert.All(expected, static c => Assert.True(c is { IsListed: false, Previous: null, Next: null }));
    }
}
