using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A gateway's error page that comes as an answer is none; one that was asked for is.</summary>
public sealed class ErrorPageTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [BothWaysData("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")]
    [BothWaysData("<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body></body></html>")]
    [BothWaysData("  <!doctype HTML><HTML><TITLE> Error 522 </TITLE></HTML>")]
    [BothWaysData("<html><head><title>Service Temporarily Unavailable</title></head></html>")]
    [BothWaysData("{\"error\":{\"message\":\"The server is overloaded\",\"type\":\"server_error\",\"code\":null}}")]
    [BothWaysData("{\"error\":\"upstream connect error\",\"status\":503}")]
    [BothWaysData("{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"request_id\":\"r\"}")]
    [BothWaysData(" \n")]
    [BothWaysData("\t")]
    [BothWaysData("\u00a0\r\n")]
    public async Task Answer_ErrorInItsPlace_AnotherModelAnswersAndNothingIsStored(string text, bool streaming)
    {
        _lab.Primary.Always(Scripted.Answer(text));
        var ladder = _lab.Models(static chat => chat.WithRetries(0).AddCachedAnswers());

        var answer = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from cheaper", answer.Text);
        Assert.Equal(FailureKind.InvalidResponse, answer.GetResilienceReport()!.Attempts[0].Failure);
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        Assert.Equal("from cheaper", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);
    }

    [Theory]
    [BothWaysData("Write the HTML of a page for status 502.")]
    [BothWaysData("Which JSON does your service return when it is overloaded?")]
    [BothWaysData("What does the error look like?")]
    public async Task Answer_ErrorThatMayHaveBeenAskedFor_IsAnAnswer(string question, bool streaming)
    {
        _lab.Primary.Always(Scripted.Answer("<html><head><title>502 Bad Gateway</title></head></html>"));

        Assert.Equal("primary", (await _lab.Models().AskAsync(streaming, LadderLab.Ask(question))).GetResilienceReport()!.ServedBy);
        _lab.Primary.Always(Scripted.Answer("{\"error\":\"overloaded\"}"));
        Assert.Equal("primary", (await _lab.Models().AskAsync(streaming, LadderLab.Ask(question))).GetResilienceReport()!.ServedBy);
    }

    [BothWays]
    public async Task Answer_JsonObjectInAJsonFormat_IsAnAnswer(bool streaming)
    {
        _lab.Primary.Always(Scripted.Answer("{\"error\":\"no such city\"}"));

        var answer = await _lab.Models().AskAsync(streaming, LadderLab.Ask(), new ChatOptions { ResponseFormat = ChatResponseFormat.Json });

        Assert.Equal("primary", answer.GetResilienceReport()!.ServedBy);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42")]
    [InlineData("<html><head><title>My holidays</title></head></html>")]
    [InlineData("<html><head><title>1984: 404 pages</title></head></html>")]
    [InlineData("<b>502 Bad Gateway</b>")]
    [InlineData("<html><head><title>502 Bad Gateway</title></head></html> is what nginx shows.")]
    [InlineData("Here it is: <html><head><title>502 Bad Gateway</title></head></html>")]
    [InlineData("{\"error\":null}")]
    [InlineData("{\"error\":\"\"}")]
    [InlineData("{\"error\":false,\"answer\":\"42\"}")]
    [InlineData("{\"answer\":42,\"error\":\"none\"}")]
    [InlineData("{\"error\":\"a\",\"answer\":{\"b\":1}}")]
    [InlineData("{\"error\":{\"code\":1}}")]
    [InlineData("{\"errors\":\"a\"}")]
    [InlineData("{error}")]
    [InlineData("{\"error\":\"a\"")]
    [InlineData("{}")]
    [InlineData("[{\"error\":\"a\"}]")]
    public void Text_AnythingElse_IsNoErrorPage(string text) => Assert.False(ErrorPage.IsOne(text));

    [Fact]
    public void Text_AnErrorPageInsideOtherText_IsNoErrorPage() => Prop.ForAll(
        Gen.Elements("<html><title>500 Internal Server Error</title></html>", "{\"error\":\"x\"}").Zip(Gen.Elements("Sure: ", "# ", "1. ", "```html\n", "a")).ToArbitrary(),
        static pair =>
        {
            Assert.True(ErrorPage.IsOne(pair.Item1));
            Assert.True(ErrorPage.IsOne($"\n {pair.Item1} "));
            Assert.False(ErrorPage.IsOne(pair.Item2 + pair.Item1));
            Assert.False(ErrorPage.IsOne(pair.Item1 + pair.Item2));
        }).Check(Config.QuickThrowOnFailure);

    /// <summary>Half a surrogate pair, escaped or not: an object that cannot be read as text is an answer.</summary>
    [Theory]
    [BothWaysData("{\"\\ud800\":1,\"error\":\"a\"}")]
    [BothWaysData("{\"error\":\"\\udc00\"}")]
    [BothWaysData("{\"error\":{\"\\ud800\":1}}")]
    [BothWaysData("{\"error\":\"a\",\"\\ud800\":1}")]
    [BothWaysData("{\"error\":\"a\",\"b\":\"\\ud800\"")]
    [BothWaysData("{\"type\":\"\\ud800\",\"error\":\"a\"}")]
    public async Task Answer_WithHalfASurrogatePair_IsAnAnswer(string text, bool streaming)
    {
        foreach (var said in (string[])[text, text.Replace("\\ud800", "\ud800", StringComparison.Ordinal).Replace("\\udc00", "\udc00", StringComparison.Ordinal)])
        {
            _lab.Primary.Always(Scripted.Answer(said));

            Assert.Equal("primary", (await _lab.Models().AskAsync(streaming)).GetResilienceReport()!.ServedBy);
        }
    }

    /// <summary>64 KiB of white space in a title are read once, not once for each place where they may end: that took minutes.</summary>
    [Fact]
    public void Text_LongTitle_IsReadInLinearTime()
    {
        foreach (var filling in (string[])[" ", "\n", "error ", "a ", "4", "<title>", "<title> ", "service temporarily "])
        {
            Assert.False(ErrorPage.IsOne($"<html><title>{string.Concat(Enumerable.Repeat(filling, 64_000 / filling.Length))}</html>"));
        }
    }

    [Fact]
    public void Verdict_NullMessageInTheRequest_IsGiven() => Assert.NotNull(
        Resilient.Llm.Judging.ErrorPageVerdict.Of(new ChatResponse(new ChatMessage(ChatRole.Assistant, "{\"error\":\"a\"}")), [null!, .. LadderLab.Ask()], null));
}
