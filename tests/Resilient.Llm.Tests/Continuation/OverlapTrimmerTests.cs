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
    [InlineData("of the", "the", "")]
    [InlineData("of the", "th", "th")]
    [InlineData("1, 2", ", 3", ", 3")]
    [InlineData("the extraor", "extraordinary", "dinary")]
    [InlineData("a quick bro", "quick brown fox", "wn fox")]
    [InlineData("I thi", "I think", "nk")]
    [InlineData("Hel", "Hello", "lo")]
    [InlineData("I", "I am", " am")]
    [InlineData("xabcdefghijklmno", "abcdefghijklmnop", "p")]
    [InlineData("xabcdefghijklmnop", "abcdefghijklmnopq", "q")]
    [InlineData("That is so, that is", "that is it", " it")]
    [InlineData("A b the the", "the the the end", " the end")]
    [InlineData("bthe the", "the the end", " end")]
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
    [InlineData("one two three\r\n", "one two three\nfour", "four")]
    [InlineData("one two three\r\n", "two three\r\nfour", "four")]
    [InlineData("One two three", "two Three four", " four")]
    [InlineData("x ====================", "====================\nSo", "====================\nSo")]
    [InlineData("| one | two |\n|---|---|---|---|", "| one | two |\n|---|---|---|---|\n| 1", "\n| 1")]
    [InlineData("", "So it is", "So it is")]
    [InlineData(" \n", " \nSo it is", " \nSo it is")]
    [InlineData("So it is", "", "")]
    [InlineData("今天天气", "天气很好", "很好")]
    [InlineData("今天天气很好我们一起去公园里散步好吗", "天气很好我们一起去公园里散步好吗?当然", "?当然")]
    [InlineData("say 😀 abc 😀", "abc 😀 def", " def")]
    [InlineData("say 😀", "😁", "😁")]
    [InlineData("say 😀abc", "abc def", " def")]
    [InlineData("say abc", "abc😀", "😀")]
    [InlineData("the cafe", "cafe\u0301 is", "\u0301 is")]
    [InlineData("so, in the little cafe", "in the little cafe\u0301 is", "\u0301 is")]
    [InlineData("the caf", "e\u0301 is", "e\u0301 is")]
    [InlineData("the cafe", "\u0301 is", "\u0301 is")]
    [InlineData("the best of", "of all", " all")]
    [InlineData("when the l", "last one", "ast one")]
    [InlineData("the extraor", "raordinary", "dinary")]
    [InlineData("the lazy\ndog ", "lazy  dog and", "and")]
    [InlineData("it isn\u2019t", "it isn't so", " so")]
    [InlineData("first,", ", second", " second")]
    [InlineData("so:\n\n- ", "- one", "one")]
    [InlineData("so:\n\n* *", "* **Name**", "*Name**")]
    [InlineData("| a | b |\n", "b |\n| c", "| c")]
    [InlineData("| a | b |\n", "| c | d |", "| c | d |")]
    [InlineData("he said \"", "\"Yes", "Yes")]
    [InlineData("go on without", "it", "it")]
    [InlineData("because", "we can", " we can")]
    [InlineData("the cellar", "which is", " which is")]
    [InlineData("they ba", "the the dog", "the the dog")]
    [InlineData("in New", "York", " York")]
    [InlineData("call `Connection", "Strings`", "Strings`")]
    [InlineData("the note:", "it is", " it is")]
    public void Feed_Continuation_IsJoinedWithoutWhatIsThereAlready(string partial, string continuation, string released) => AssertJoined(partial, continuation, released);

    [Theory]
    [InlineData("of the", "theory")]
    [InlineData("bathe", "the end")]
    [InlineData("bathe ", "the end")]
    [InlineData("to bring", "ing the")]
    [InlineData("a bar", "barian")]
    [InlineData("in the rem", "em")]
    [InlineData("1, 2", "2, 3")]
    [InlineData("in 2023", "2023 it")]
    [InlineData("in 12023", "2023 it")]
    [InlineData("value 0.1234567", "1234567890")]
    [InlineData("when I", "I'm sorry")]
    [InlineData("the *", "**bold**")]
    public void Feed_RepetitionOrChance_DoesNotFit(string partial, string continuation) => AssertUnfit(partial, continuation);

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
    [InlineData(Fox, "\n\n" + Fox + " well.", " well.")]
    [InlineData("You can use A.", " You can also use B.", " You can also use B.")]
    [InlineData("Sherlock Holmes is a book by", " Sherlock Holmes Society", " Sherlock Holmes Society")]
    [InlineData(Fox + ". The", "The quick red", " quick red")]
    public void Feed_AnswerOnceMoreFromTheBeginning_IsJoinedBehindWhatIsThere(string partial, string continuation, string released) => AssertJoined(partial, continuation, released);

    [Theory]
    [InlineData(Fox, "The quick brown fox jumps over the lazy cat")]
    [InlineData(Fox, "The quick brown fox jumps over the lazy do")]
    [InlineData("\n" + Fox, " The quick brown fox jumps over the lazy dog or")]
    [InlineData(Fox + ". The", "The quick brown fox jumps over the lazy cat")]
    [InlineData("The capital of France is", "The capital of France, Paris, is")]
    [InlineData("The capital of France is", "The capital")]
    [InlineData("To reset the device, hold", "To reset your device, press")]
    [InlineData("It is so. The fox sleeps in the", "The fox slept.")]
    [InlineData("The capital of France is Paris.", "The capital of France has")]
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
        var words = string.Concat(Enumerable.Range(0, 1_000).Select(i => $" {(char)('a' + (i / 100))}{(char)('a' + (i / 10 % 10))}{(char)('k' + (i % 10))}q"));
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
    [InlineData("Natürlich, hier ist der Rest:")]
    [InlineData("Bien sûr, voici la suite : il est")]
    [InlineData("I'm sorry, but I can't")]
    [InlineData("I\u2019m sorry, but I can\u2019t help with that.")]
    [InlineData("\n\nI cannot continue this.")]
    [InlineData("Unfortunately, I'm unable to assist with it")]
    [InlineData("As an AI language model, I")]
    [InlineData("Leider kann ich dabei nicht helfen.")]
    [InlineData("Désolé, mais je ne peux pas.")]
    [InlineData("抱歉，我无法继续。")]
    [InlineData("answer is that it\n\nI'm sorry, but I can't continue.")]
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
    [InlineData("I can't help but notice")]
    [InlineData("I cannot recommend it enough.")]
    [InlineData("I'm sorry to hear that.")]
    [InlineData("Unfortunately, it rained.")]
    [InlineData("- here is the continuation")]
    [InlineData("It is so. Sure, here is the continuation:")]
    [InlineData("continuingfrom where")]
    public void Feed_OrdinaryWords_AreNotTakenForTalk(string continuation) => AssertJoined("The answer is that so, ", continuation, continuation);

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
        Assert.Equal(isJoined ? RestartDetector.Limit - 1 : OverlapTrimmer.Window, pending);
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
