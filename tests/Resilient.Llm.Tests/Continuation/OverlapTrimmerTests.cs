using Resilient.Llm.Continuation;

namespace Resilient.Llm.Tests;

public sealed class OverlapTrimmerTests
{
    private const string Fox = "The quick brown fox jumps over the lazy dog and then sleeps";

    [Theory]
    [InlineData("Hel", "lo", "lo")]
    [InlineData("of the", "the end", " end")]
    [InlineData("of the", " the end", " end")]
    [InlineData("of the ", "the end", "end")]
    [InlineData("of the", "theory", "theory")]
    [InlineData("of the", "the", "")]
    [InlineData("of the", "th", "th")]
    [InlineData("1, 2", "2, 3", "2, 3")]
    [InlineData("1, 2", ", 3", ", 3")]
    [InlineData("in 2023", "2023 it", " it")]
    [InlineData("in 12023", "2023 it", "2023 it")]
    [InlineData("bathe", "the end", "the end")]
    [InlineData("a bar", "barian", "barian")]
    [InlineData("the extraor", "extraordinary", "dinary")]
    [InlineData("a quick bro", "quick brown fox", "wn fox")]
    [InlineData("I thi", "I think", "nk")]
    [InlineData("Hel", "Hello", "lo")]
    [InlineData("I", "I am", "I am")]
    [InlineData("value 0.1234567", "1234567890", "1234567890")]
    [InlineData("xabcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnop")]
    [InlineData("xabcdefghijklmnop", "abcdefghijklmnopq", "q")]
    [InlineData("That is so, that is", "that is it", " it")]
    [InlineData("A b the the", "the the the end", " the end")]
    [InlineData("bthe the", "the the end", " the end")]
    [InlineData("bbb the", "the bbb", " bbb")]
    [InlineData("several rungs,", "and more", " and more")]
    [InlineData("several rungs,", " and more", " and more")]
    [InlineData("That is it.", "Then", " Then")]
    [InlineData("see www.", "example.com", "example.com")]
    [InlineData("pi is 3.", "14", "14")]
    [InlineData("It costs 1,", "200", "200")]
    [InlineData("list(a,", "b)", " b)")]
    [InlineData("中文,", "中文", "中文")]
    [InlineData("several rungs,", "rungs, and more", " and more")]
    [InlineData("so", "\nmore", "\nmore")]
    [InlineData("one two three\r\n", "one two three\nfour", "one two three\nfour")]
    [InlineData("one two three\r\n", "two three\r\nfour", "four")]
    [InlineData("One two three", "two Three four", "two Three four")]
    [InlineData("x ====================", "====================\nSo", "====================\nSo")]
    [InlineData("|---|---|---|---|---|---|", "---|---|---|---|---|\n| 1", "---|---|---|---|---|\n| 1")]
    [InlineData("| one | two |\n|---|---|---|---|", "| one | two |\n|---|---|---|---|\n| 1", "\n| 1")]
    [InlineData("", "So it is", "So it is")]
    [InlineData(" \n", " \nSo it is", " \nSo it is")]
    [InlineData("So it is", "", "")]
    [InlineData("今天天气", "天气很好", "天气很好")]
    [InlineData("今天天气很好我们一起去公园里散步好吗", "天气很好我们一起去公园里散步好吗?当然", "?当然")]
    [InlineData("say 😀 abc 😀", "abc 😀 def", " def")]
    [InlineData("say 😀", "😁", "😁")]
    [InlineData("say 😀abc", "abc def", " def")]
    [InlineData("say abc", "abc😀", "😀")]
    [InlineData("the cafe", "cafe\u0301 is", "cafe\u0301 is")]
    [InlineData("so, in the little cafe", "in the little cafe\u0301 is", "\u0301 is")]
    [InlineData("the caf", "e\u0301 is", "e\u0301 is")]
    [InlineData("the cafe", "\u0301 is", "\u0301 is")]
    public void Feed_Continuation_IsJoinedWithoutWhatIsThereAlready(string partial, string continuation, string released) => AssertJoined(partial, continuation, released);

    // Not as data of a theory: attributes are stored as UTF-8, which has no halves of pairs.
    [Fact]
    public void Feed_HalfACharacterAtTheOverlap_IsNotCutThere()
    {
        AssertJoined("so 😀abc", "\ude00abc def", "\ude00abc def");
        AssertJoined("a long way to the smile \ud83d", "long way to the smile \ud83d\ude00", "long way to the smile \ud83d\ude00");
        AssertJoined("a long way to the smile \ud83d", "long way to the smile \ud83d", "");
    }

    [Theory]
    [InlineData(Fox, Fox, "")]
    [InlineData(Fox, Fox + " well.", " well.")]
    [InlineData("\n\n" + Fox, Fox + " well.", " well.")]
    [InlineData(Fox + ". The", "The quick red", " quick red")]
    public void Feed_AnswerOnceMoreFromTheBeginning_IsJoinedBehindWhatIsThere(string partial, string continuation, string released) => AssertJoined(partial, continuation, released);

    [Theory]
    [InlineData(Fox, "The quick brown fox jumps over the lazy cat")]
    [InlineData(Fox, "The quick brown fox jumps over the lazy do")]
    [InlineData(Fox, "\n\n" + Fox + " well.")]
    [InlineData("\n" + Fox, " The quick brown fox jumps over the lazy dog or")]
    [InlineData(Fox + ". The", "The quick brown fox jumps over the lazy cat")]
    public void Feed_AnswerStartedOver_DoesNotFit(string partial, string continuation) => AssertUnfit(partial, continuation);

    [Fact]
    public void Feed_LongAnswerStartedOver_DoesNotFitAfterFortyCharacters()
    {
        var partial = Fox + string.Concat(Enumerable.Range(0, 1_000).Select(i => $" w{i}"));
        var seam = new OverlapTrimmer(partial);

        Assert.Equal(OverlapResult.Pending, seam.Feed(partial[..39], out _));
        Assert.Equal(OverlapResult.Unfit, seam.Feed(partial[39..41], out var released));
        Assert.Equal("", released);
        AssertUnfit(partial, partial + " and on");
    }

    [Fact]
    public void Feed_BeginningThatIsTheEndToo_IsJoinedWhereTheRepetitionIsTheLonger()
    {
        // The refrain opens the answer and ends it so far: to repeat it is no fresh start, unless more of the beginning follows than of the end.
        var partial = $"{Fox}. A verse. {Fox}";
        AssertJoined(partial, Fox + ", and another verse.", ", and another verse.");
        AssertUnfit(partial, Fox + ". A ver");

        var longPartial = $"{Fox}.{string.Concat(Enumerable.Range(0, 1_000).Select(i => $" w{i}"))} {Fox}";
        AssertJoined(longPartial, Fox + ", and another verse.", ", and another verse.");
        AssertUnfit(longPartial, Fox + ". w0 w1");
    }

    [Fact]
    public void Feed_RepetitionFromBehindTheWindow_IsNotRecognised()
    {
        var words = string.Concat(Enumerable.Range(0, 1_000).Select(i => $" w{i}"));
        var inWindow = words[^OverlapTrimmer.Window..];
        var behindWindow = words[^(OverlapTrimmer.Window + 1)..];

        AssertJoined(words, inWindow + " x", " x");
        AssertJoined(words, behindWindow + " x", behindWindow + " x");
    }

    [Theory]
    [InlineData("Sure, here is the continuation: it is so.")]
    [InlineData("SURE! HERE\u2019S THE REST:\n\nit is so.")]
    [InlineData("Of course. Continuing:")]
    [InlineData("\n\n**Continuing from where** I left off")]
    [InlineData("(continuing from where I left off)")]
    [InlineData("Here's the rest of my answer.")]
    [InlineData("Here is the complete answer:\n\nIt is so")]
    [InlineData("I apologize for the interruption. It is so.")]
    [InlineData("I apologise for the interruption")]
    [InlineData("Apologies for the technical issue! It")]
    [InlineData("Sorry for the interruption; I'll continue from where I stopped.")]
    [InlineData("Sure thing -- picking up right where we left off")]
    [InlineData("Certainly! I will continue exactly where it stops")]
    public void Feed_TalkAboutItself_DoesNotFit(string continuation) => AssertUnfit("The answer is that it", continuation);

    [Theory]
    [InlineData("Sure, but not always.")]
    [InlineData("Surely not.")]
    [InlineData("Here is the restaurant.")]
    [InlineData("Here is the rest of the money.")]
    [InlineData("Sure, here is the restaurant.")]
    [InlineData("Continuing")]
    [InlineData("Sure")]
    [InlineData("Sure, here is the")]
    [InlineData("I apologize for the delay.")]
    [InlineData("- here is the continuation")]
    [InlineData("It is so. Sure, here is the continuation:")]
    [InlineData("continuingfrom where")]
    public void Feed_OrdinaryWords_AreNotTakenForTalk(string continuation) => AssertJoined("The answer is that it", continuation, continuation);

    [Fact]
    public void Feed_TalkThatIsInTheAnswer_IsARepetition()
    {
        const string Story = "Sure, here is the continuation of your story: and then";

        AssertJoined(Story, Story + " it ended.", " it ended.");
        AssertJoined("She wrote: sorry for the interruption", "sorry for the interruption, she", ", she");
    }

    [Theory]
    [InlineData("it is so", 1)]
    [InlineData(" is so", 2)]
    [InlineData("surely", 4)]
    [InlineData("quite another thing", 3)]
    public void Feed_OrdinaryText_IsReleasedAsSoonAsItIsNoRepetition(string continuation, int held)
    {
        var seam = new OverlapTrimmer("The quick brown fox.");

        for (var i = 0; i < continuation.Length; i++)
        {
            var verdict = seam.Feed(continuation[i].ToString(), out var released);
            Assert.Equal(i < held ? OverlapResult.Pending : OverlapResult.Joined, verdict);
            Assert.Equal(i < held ? "" : i == held ? continuation[..(i + 1)] : continuation[i].ToString(), released);
        }
    }

    [Fact]
    public void Feed_AfterTheDecision_PassesTextUntouched()
    {
        var seam = new OverlapTrimmer("of the");
        Assert.Equal(OverlapResult.Joined, seam.Feed("the end", out _));
        const string Same = "the end";

        Assert.Equal(OverlapResult.Joined, seam.Feed(Same, out var released));
        Assert.Same(Same, released);
        Assert.Equal(OverlapResult.Joined, seam.End(out released));
        Assert.Equal("", released);
    }

    [Fact]
    public void Feed_AfterItDidNotFit_ReleasesNothing()
    {
        var seam = new OverlapTrimmer(Fox);
        Assert.Equal(OverlapResult.Unfit, seam.Feed("Sure, here is the continuation:", out _));

        Assert.Equal((OverlapResult.Unfit, ""), (seam.Feed("it is so", out var released), released));
        Assert.Equal((OverlapResult.Unfit, ""), (seam.End(out released), released));
    }

    [Fact]
    public void Feed_Nothing_DecidesNothing()
    {
        var seam = new OverlapTrimmer("of the");

        Assert.Equal((OverlapResult.Pending, ""), (seam.Feed("", out var released), released));
        Assert.Equal((OverlapResult.Joined, ""), (seam.End(out released), released));
    }

    [Fact]
    public void Feed_WhiteSpaceForEver_IsHeldWithinBounds()
    {
        var seam = new OverlapTrimmer("The answer");
        var held = 0;
        while (seam.Feed(" ", out _) == OverlapResult.Pending)
        {
            held++;
        }

        Assert.Equal(RestartDetector.Limit - 1, held);
    }

    [Theory]
    [InlineData('a', false)]
    [InlineData('-', false)]
    [InlineData('\ud83d', false)]
    [InlineData(' ', true)]
    public void Feed_OneCharacterForEver_HoldsNoMoreThanTheWindow(char character, bool isJoined)
    {
        var partial = new string(character, 100_000);
        var seam = new OverlapTrimmer(partial);
        var given = character.ToString();
        int pending = 0, released = 0;
        var verdict = OverlapResult.Pending;
        var start = GC.GetAllocatedBytesForCurrentThread();
        for (var fed = 0; fed < 100_000; fed++)
        {
            verdict = seam.Feed(given, out var text);
            pending += verdict == OverlapResult.Pending ? 1 : 0;
            released += text.Length;
        }

        // More of the beginning than could be the end is a fresh start; white space begins nothing.
        Assert.Equal((isJoined ? OverlapResult.Joined : OverlapResult.Unfit, isJoined ? 100_000 : 0), (verdict, released));
        Assert.Equal(OverlapTrimmer.Window, pending);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - start, 0, 100_000);
    }

    private static void AssertJoined(string partial, string continuation, string released)
    {
        foreach (var (verdict, text) in Fed(partial, continuation))
        {
            Assert.Equal(OverlapResult.Joined, verdict);
            Assert.Equal(released, text);
        }
    }

    private static void AssertUnfit(string partial, string continuation) => Assert.All(Fed(partial, continuation), end => Assert.Equal((OverlapResult.Unfit, ""), end));

    /// <summary>At once, character by character, and cut in two at every place.</summary>
    private static IEnumerable<(OverlapResult Verdict, string Text)> Fed(string partial, string continuation) =>
        Enumerable.Range(1, Math.Min(continuation.Length, 100)).Select(cut => OverlapFeed.All(new(partial), [continuation[..cut], "", continuation[cut..]]))
            .Append(OverlapFeed.All(new(partial), [continuation]))
            .Append(OverlapFeed.All(new(partial), continuation.Select(character => character.ToString())));
}
