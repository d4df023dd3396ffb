using Resilient.Llm.Continuation;

namespace Resilient.Llm.Tests;

public sealed class ProseTests
{
    private const string Open = "an open code block";
    private const string Data = "text that looks like JSON or markup";

    [Theory]
    [InlineData("So:\n```")]
    [InlineData("So:\n```py")]
    [InlineData("So:\n```py\nprint(1)")]
    [InlineData("So:\r\n```py\r\nprint(1)\r\n")]
    [InlineData("So:\r```py\rprint(1)")]
    [InlineData("~~~\ncode")]
    [InlineData("~~~ a`b~c\ncode")]
    [InlineData("   ```\ncode")]
    [InlineData("1. So:\n\n      ```sh\n      ls")]
    [InlineData("- ```sh\n  ls")]
    [InlineData("12) ```sh\n  ls")]
    [InlineData("> ```sh\n> ls")]
    [InlineData("````md\n```\ncode\n```\n")]
    [InlineData("```\ncode\n~~~\n")]
    [InlineData("```\ncode\n``` no end\n")]
    [InlineData("```\ncode\n``")]
    [InlineData("```\ncode\n        ```\n")]
    [InlineData("```\na\n```\n\n```\nb")]
    [InlineData("So:\n`")]
    [InlineData("So:\n``")]
    [InlineData("So:\n  ~~")]
    public void WhyNotEndingIn_CodeThatIsNotClosed_Open(string text) => Assert.Equal(Open, Prose.WhyNotEndingIn(text));

    [Theory]
    [InlineData("")]
    [InlineData("Plain prose that breaks of")]
    [InlineData("```\ncode\n```\nand so")]
    [InlineData("```\r\ncode\r\n```\r\nand so")]
    [InlineData("```\ncode\n```")]
    [InlineData("```\ncode\n``````  \t\n")]
    [InlineData("```\ncode\n   ```\nand so")]
    [InlineData("1. So:\n\n      ```sh\n      ls\n      ```\n2. And")]
    [InlineData("- ```sh\n  ls\n  ```\n- and")]
    [InlineData("> ```sh\n> ls\n> ```\n> and")]
    [InlineData("~~~\n```\n~~~\nand so")]
    [InlineData("the `name` of")]
    [InlineData("the `nam")]
    [InlineData("``` inline ``` code")]
    [InlineData("`code` begins the line")]
    [InlineData("~~struck~~ out")]
    [InlineData("So:\n``\nnothing")]
    [InlineData("text ```\nmore")]
    [InlineData("1234```\nmore")]
    [InlineData("A [link](http://localhost/) and {braces} and <b>")]
    [InlineData("**[link](http://localhost/)")]
    [InlineData("😀")]
    public void WhyNotEndingIn_Prose_Null(string text) => Assert.Null(Prose.WhyNotEndingIn(text));

    [Theory]
    [InlineData("{\"a\": 1")]
    [InlineData(" \r\n\t[1, 2")]
    [InlineData("<p>So")]
    [InlineData("\uFEFF {")]
    [InlineData("[A link](http://localhost/) says")]
    public void WhyNotEndingIn_BracketFirst_LooksLikeData(string text) => Assert.Equal(Data, Prose.WhyNotEndingIn(text));

    [Fact]
    public void WhyNotEndingIn_HalfASurrogatePair_SaysSo() => Assert.Equal("half a character at the end", Prose.WhyNotEndingIn("So \ud83d"));

    [Fact]
    public void WhyNotEndingIn_EveryPrefixOfCode_OpenFromTheFirstMarkToTheLast()
    {
        const string Before = "So it is:\n\n";
        const string Code = "```csharp\nvar x = `1`;\n``\n```";
        const string After = "\n\nAnd so `on` it goes.";
        const string Text = Before + Code + After;

        for (var length = 0; length <= Text.Length; length++)
        {
            var isOpen = length > Before.Length && length < Before.Length + Code.Length;
            Assert.Equal(isOpen ? Open : null, Prose.WhyNotEndingIn(Text[..length]));
        }
    }
}
