namespace Resilient.Llm.Chaos.Tests;

public class ChatArrivalsTests
{
    private const string Header = "offset_ms,prompt_tokens,completion_tokens";

    private static readonly DateTimeOffset s_start = new(2024, 2, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Poisson_ALongTime_HasItsRateAndGaps()
    {
        var arrivals = Draw(ChatArrivals.Poisson(2, [new(10, 1), new(20, 2)]), TimeSpan.FromDays(1));

        const double Expected = 2 * 86_400;
        Assert.Equal(Expected, arrivals.Length, 5 * Math.Sqrt(Expected));
        Assert.Equal(0.5, arrivals.Count(static arrival => arrival.Size == new ChatSize(10, 1)) / (double)arrivals.Length, 0.01);

        // Gaps know nothing of each other: their standard deviation is as long as their mean.
        double[] gaps = [.. arrivals.Zip(arrivals.Skip(1), static (one, next) => (next.At - one.At).TotalSeconds)];
        Assert.Equal(0.5, Math.Sqrt(gaps.Average(gap => Math.Pow(gap - 0.5, 2))), 0.01);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    [InlineData(7.3)]
    public void Trace_AtAnyRate_KeepsItsShapeAndSizes(double perSecond)
    {
        // Two minutes: the first has three times as many requests as the second.
        using var file = new TextFile([Header, .. Enumerable.Range(0, 60).Select(static i => $"{i * 1000},100,10"), .. Enumerable.Range(0, 20).Select(static i => $"{60_000 + (i * 3000)},200,20")]);

        var arrivals = Draw(ChatArrivals.Trace(file.Path, perSecond), TimeSpan.FromHours(10));

        var expected = perSecond * 10 * 3600;
        Assert.Equal(expected, arrivals.Length, 5 * Math.Sqrt(expected));
        Assert.Equal(0.75, arrivals.Count(static arrival => arrival.Size == new ChatSize(100, 10)) / (double)arrivals.Length, 0.02);
        Assert.Equal(arrivals.OrderBy(static arrival => arrival.At), arrivals);
        if (perSecond < 80 / 120.0)
        {
            // Thinned only: everything stands where it stood.
            Assert.All(arrivals, static arrival => Assert.Equal(arrival.Size.PromptTokens == 100 ? 0 : 1, arrival.At.Minute % 2));
        }
    }

    [Fact]
    public void Trace_ItsOwnRate_IsTheTrace()
    {
        using var file = new TextFile(Header, "30000,5,50", "0,7,70", "59999,6,60");

        var arrivals = Draw(ChatArrivals.Trace(file.Path, 3 / 60.0), TimeSpan.FromMinutes(2));

        Assert.Equal(
            [(0, 7, 70), (30, 5, 50), (59.999, 6, 60), (60, 7, 70), (90, 5, 50), (119.999, 6, 60)],
            arrivals.Select(static arrival => ((arrival.At - s_start).TotalSeconds, arrival.Size.PromptTokens, arrival.Size.AnswerTokens)));
    }

    [Fact]
    public void Trace_WindowBeginsInTheMiddle_IsInStepWithOthers()
    {
        using var file = new TextFile(Header, "30000,5,50", "0,7,70");

        var arrivals = ChatArrivals.Trace(file.Path, 2 / 60.0).Draw(new(s_start.AddSeconds(20), s_start.AddSeconds(60)), new(1));

        Assert.Equal([s_start.AddSeconds(30)], arrivals.Select(static arrival => arrival.At));
    }

    [Fact]
    public void Draw_SameSeed_IsTheSame()
    {
        using var file = new TextFile(Header, "0,7,70", "30000,5,50");
        foreach (var arrivals in (ChatArrivals[])[ChatArrivals.Poisson(1, [new(1, 1)]), ChatArrivals.Trace(file.Path, 1)])
        {
            Assert.Equal(Draw(arrivals, TimeSpan.FromMinutes(9)), Draw(arrivals, TimeSpan.FromMinutes(9)));
            Assert.NotEqual(Draw(arrivals, TimeSpan.FromMinutes(9)), Draw(arrivals, TimeSpan.FromMinutes(9), seed: 2));
        }
    }

    [Theory]
    [InlineData("the first line must read \"offset_ms,prompt_tokens,completion_tokens\"", 1, "offset,prompt,completion")]
    [InlineData("there is no request in it", 1, Header)]
    [InlineData("offset_ms is '-5'", 2, Header, "-5,1,1")]
    [InlineData("prompt_tokens is '1.5'", 2, Header, "0,1.5,1")]
    [InlineData("completion_tokens is '0'; it must be a whole number from 1 to 10000000", 3, Header, "0,1,1", "0,1,0")]
    [InlineData("prompt_tokens is '99999999999999999999'", 2, Header, "0,99999999999999999999,1")]
    [InlineData("there are 1 fields", 2, Header, "{\"offset_ms\": 5}")]
    public void Trace_HostileFile_SaysWhereAndWhat(string what, int line, params string[] lines)
    {
        using var file = new TextFile(lines);

        var mistake = Assert.Throws<InvalidDataException>(() => ChatArrivals.Trace(file.Path, 1));

        Assert.StartsWith($"{file.Path}, line {line}: ", mistake.Message, StringComparison.Ordinal);
        Assert.Contains(what, mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Rate_IsNone_IsRefused(double perSecond)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ChatArrivals.Poisson(perSecond, [new(1, 1)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChatArrivals.Trace("any", perSecond));
        Assert.Throws<ArgumentException>(() => ChatArrivals.Poisson(1, []));
    }

    private static ChatArrival[] Draw(ChatArrivals arrivals, TimeSpan length, ulong seed = 1) => [.. arrivals.Draw(new(s_start, s_start + length), new(seed))];
}
