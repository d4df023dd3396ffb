using Resilient.Llm.Continuation;

namespace Resilient.Llm.Tests;

public sealed class FragileTailTests
{
    [Theory]
    [InlineData("The dose is 10", "The dose is ")]
    [InlineData("The dose is 10 ", "The dose is ")]
    [InlineData("The dose is 10 m", "The dose is ")]
    [InlineData("The dose is 10 mg", "The dose is ")]
    [InlineData("The dose is 10 mg ", "The dose is 10 mg ")]
    [InlineData("The dose is 10 tablets", "The dose is 10 tablets")]
    [InlineData("It costs 3.", "It costs ")]
    [InlineData("It costs 3. T", "It costs 3. T")]
    [InlineData("It costs $", "It costs ")]
    [InlineData("It costs ($3.50", "It costs ")]
    [InlineData("from 1 234 567", "from ")]
    [InlineData("10 / 24 = ", "")]
    [InlineData("so 7.8125, and", "so 7.8125, and")]
    [InlineData("on 2024-02-0", "on ")]
    [InlineData("GPT-4", "")]
    [InlineData("three or four", "three or four")]
    [InlineData("in 1990)\n", "in 1990)\n")]
    [InlineData("- one\n- ", "- one\n- ")]
    [InlineData("So:\n\n1. ", "So:\n\n")]
    [InlineData("So:\n\n1. F", "So:\n\n1. F")]
    [InlineData("他有3", "他有")]
    [InlineData("他有3个", "他有")]
    [InlineData("他有3个孩子", "他有3个孩子")]
    public void SafeLength_Number_EndsBeforeIt(string text, string safe) => AssertSafe(text, safe);

    [Theory]
    [InlineData("So:\n| a |", "So:\n")]
    [InlineData("So:\n| a | b |\n", "So:\n| a | b |\n")]
    [InlineData("So:\n| a | b |\n| c", "So:\n| a | b |\n")]
    [InlineData("a,b,c\nd", "a,b,c\n")]
    [InlineData("a;b;c\r\nd;e", "a;b;c\r\n")]
    [InlineData("a\tb\tc\nd", "a\tb\tc\n")]
    [InlineData("Name, age, city\nAnn", "Name, age, city\n")]
    [InlineData("a,b,c\n\nSo it", "a,b,c\n\nSo it")]
    [InlineData("Yes, he said, and went", "Yes, he said, and went")]
    [InlineData("Yes, he said, and went.\nThen", "Yes, he said, and went.\nThen")]
    [InlineData("冷风吹进船舱中,呜呜的响,从篷隙\n向外", "冷风吹进船舱中,呜呜的响,从篷隙\n向外")]
    [InlineData("a,b,c\nso it is not a row at all but a sentence", "a,b,c\nso it is not a row at all but a sentence")]
    [InlineData("```\n1,2,3\n4", "```\n1,2,3\n4")]
    [InlineData("```\n1\n```\nin 4", "```\n1\n```\nin ")]
    [InlineData("{ \"a\": 4", "{ \"a\": 4")]
    public void SafeLength_Row_EndsAtItsLine(string text, string safe) => AssertSafe(text, safe);

    [Theory]
    [InlineData("date,city,te", true)]
    [InlineData("date;city;te", true)]
    [InlineData("date\tcity\tte", true)]
    [InlineData("a | b | c", true)]
    [InlineData("1,2,3", true)]
    [InlineData("sensor;day;", true)]
    [InlineData("first, second,", false)]
    [InlineData("about 1,234,567 people", false)]
    [InlineData("the point (x,y,z) is so far away from here", false)]
    [InlineData("one, two, three", false)]
    [InlineData("date,city,temp\n", false)]
    public void IsInRow_Separators_WithoutSpaces(string text, bool isIn) => Assert.Equal(isIn, Of(text).IsInRow);

    [Fact]
    public void SafeLength_EndlessNumberOrRow_IsGivenUp()
    {
        Assert.Equal(500, Of(new('7', 500)).SafeLength);
        var row = "| " + new string('a', FragileTail.LongestRow);
        Assert.Equal(row.Length, Of(row).SafeLength);
        Assert.True(Of(row).IsInRow);
    }

    [Fact]
    public void Take_AnyDivision_IsTheSame()
    {
        var random = new Random(20_261_129);
        for (var i = 0; i < 2_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => "ab 1,;.|\t\n$-"[random.Next(12)]));
            var tail = new FragileTail();
            for (var at = 0; at < text.Length;)
            {
                var length = Math.Min(random.Next(1, 6), text.Length - at);
                tail.Take(text.AsSpan(at, length));
                at += length;
            }

            Assert.Equal((Of(text).SafeLength, Of(text).IsInRow, Of(text).IsInNumber), (tail.SafeLength, tail.IsInRow, tail.IsInNumber));
        }
    }

    /// <summary>What is released of a text that grows never ends in a digit, or inside a row that was seen from its beginning.</summary>
    [Fact]
    public void SafeLength_EveryPrefixOfRealTexts_EndsInNoNumber()
    {
        foreach (var (_, text) in SeamTexts.All)
        {
            var tail = new FragileTail();
            for (var i = 0; i < text.Length; i++)
            {
                tail.Take(text.AsSpan(i, 1));
                if (tail.SafeLength is > 0 and var safe && !IsFenced(text[..safe]))
                {
                    Assert.False(char.IsDigit(text[safe - 1]), text[..safe]);
                    Assert.False(Of(text[..safe]).IsInNumber);
                }
            }
        }
    }

    private static bool IsFenced(string text) => text.Split("```").Length % 2 == 0;

    private static void AssertSafe(string text, string safe) => Assert.Equal(safe, text[..Of(text).SafeLength]);

    private static FragileTail Of(string text)
    {
        var tail = new FragileTail();
        tail.Take(text);
        return tail;
    }
}
