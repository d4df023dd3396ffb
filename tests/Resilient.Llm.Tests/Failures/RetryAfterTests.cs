using System.Net;
using Resilient.Llm.Failures;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class RetryAfterTests
{
    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("7", 7.0)]
    [InlineData(" 1.5 ", 1.5)]
    [InlineData("-5", 0.0)]
    [InlineData("1e300", 86400.0)]
    [InlineData("999999999", 86400.0)]
    [InlineData("Infinity", 86400.0)]
    [InlineData("Thu, 01 Jan 2026 00:01:00 GMT", 60.0)]
    [InlineData("Wed, 31 Dec 2025 00:00:00 GMT", 0.0)]
    [InlineData("Fri, 01 Jan 2100 00:00:00 GMT", 86400.0)]
    [InlineData("NaN", null)]
    [InlineData("soon", null)]
    [InlineData("7, 8", 7.0)]
    [InlineData("soon,7", 7.0)]
    [InlineData("soon , ,\t7", 7.0)]
    [InlineData("later, Thu, 01 Jan 2026 00:01:00 GMT, 7", 60.0)]
    [InlineData("Thu, 32 Jan 2026 00:01:00 GMT, 7", 7.0)]
    [InlineData("Thursday, 01-Jan-26 00:01:00 GMT", 60.0)]
    [InlineData("Thu Jan  1 00:01:00 2026", 60.0)]
    [InlineData(",,,", null)]
    [InlineData("Thu, never", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Header_Value_IsReadAndClamped(string? value, double? seconds) =>
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, RetryAfterHeader.Parse(value, new ManualTimeProvider()));

    [Fact]
    public void Header_MillisecondsUnreadable_FallsBackToTheOther()
    {
        Assert.Equal(TimeSpan.FromSeconds(2), RetryAfterHeader.Read("x", "2", TimeProvider.System));
        Assert.Equal(TimeSpan.FromMilliseconds(20), RetryAfterHeader.Read("20", "2", TimeProvider.System));
    }

    /// <summary>Whatever stands around it, and whether it is repeated or joined: the first value that can be read is the wait.</summary>
    [Fact]
    public void Header_RandomRepetitions_FirstReadableValueCounts()
    {
        var random = new Random(20261129);
        string[] unreadable = ["soon", "", " ", "NaN", "1 2", "Thu", "GMT", "0x10", "7s", "Mon, 99 Feb 2026 00:00:00 GMT", "\u0007", "retry;7"];
        for (var round = 0; round < 2_000; round++)
        {
            var seconds = random.Next(1, 5_000);
            var written = random.Next(3) switch
            {
                0 => $"{seconds}",
                1 => $" {seconds}.0 ",
                _ => new ManualTimeProvider().GetUtcNow().AddSeconds(seconds).ToString("r"),
            };
            string[] values =
            [
                .. Enumerable.Range(0, random.Next(4)).Select(_ => unreadable[random.Next(unreadable.Length)]),
                written,
                .. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(2) == 0 ? "9999" : unreadable[random.Next(unreadable.Length)]),
            ];
            using var response = new HttpResponseMessage((HttpStatusCode)random.Next(400, 600));
            foreach (var value in values)
            {
                response.Headers.TryAddWithoutValidation("Retry-After", value);
            }

            var expected = TimeSpan.FromSeconds(seconds);
            Assert.Equal(expected, RetryAfterHeader.Parse(string.Join(',', values), new ManualTimeProvider()));
            Assert.Equal(expected, RetryAfterHeader.Read(response, new ManualTimeProvider()));
        }
    }

    [Fact]
    public void Header_RepeatedMillisecondsUnreadableAtFirst_AreReadBeforeSeconds() =>
        Assert.Equal(TimeSpan.FromMilliseconds(20), RetryAfterHeader.Read("soon,20", "2", TimeProvider.System));

    [Fact]
    public void Classify_RetryAfterInDataOfAnInnerException_IsFound()
    {
        var inner = new IOException();
        inner.Data[RetryAfterHeader.DataKey] = TimeSpan.FromDays(-1);

        Assert.Equal(TimeSpan.Zero, ChatFailureClassifier.Default.Classify(new AggregateException(new InvalidOperationException("x", inner))).RetryAfter);
    }

    [Fact]
    public void Classify_RetryAfterOfTheWrongType_IsIgnored()
    {
        var exception = new IOException();
        exception.Data[RetryAfterHeader.DataKey] = "7";

        Assert.Null(ChatFailureClassifier.Default.Classify(exception).RetryAfter);
    }

    [Theory]
    [InlineData(400, true)]
    [InlineData(408, true)]
    [InlineData(409, true)]
    [InlineData(429, true)]
    [InlineData(500, true)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(524, true)]
    [InlineData(529, true)]
    [InlineData(200, false)]
    [InlineData(304, false)]
    [InlineData(399, false)]
    public async Task Handler_Status_FillsTheBoxOnlyWhereItMeansAWait(int status, bool fills)
    {
        using var handler = new RetryAfterHandler(new StubHandler(status, "", null, ("Retry-After", "7")), new ManualTimeProvider());
        using var client = new HttpClient(handler);
        var box = RetryAfterScope.NewBox();
        Task call;
        using (RetryAfterScope.Enter(box))
        {
            call = client.GetAsync(new Uri("http://localhost"));
        }

        await call;

        Assert.Equal(fills ? TimeSpan.FromSeconds(7) : null, box!.Value);
    }

    [Fact]
    public async Task Handler_SdkRetriesAndThenSucceeds_ForgetsTheWait()
    {
        using var refused = new HttpClient(new RetryAfterHandler(new StubHandler(429, "", null, ("Retry-After", "7"))));
        using var answered = new HttpClient(new RetryAfterHandler(new StubHandler(200, "")));
        var box = RetryAfterScope.NewBox();
        using (RetryAfterScope.Enter(box))
        {
            await refused.GetAsync(new Uri("http://localhost"));
            Assert.NotNull(box!.Value);
            await answered.GetAsync(new Uri("http://localhost"));
        }

        Assert.Null(box.Value);
    }

    [Fact]
    public void Handler_SynchronousCall_FillsTheBox()
    {
        using var client = new HttpClient(new RetryAfterHandler(new StubHandler(429, "", null, ("Retry-After", "7"))));
        var box = RetryAfterScope.NewBox();
        using (RetryAfterScope.Enter(box))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "http://localhost");
            client.Send(request).Dispose();
        }

        Assert.Equal(TimeSpan.FromSeconds(7), box!.Value);
    }

    [Fact]
    public async Task Handler_WithoutABox_LetsTheAnswerThrough()
    {
        using var client = new HttpClient(new RetryAfterHandler(new StubHandler(429, "", null, ("Retry-After", "7"))));

        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.GetAsync(new Uri("http://localhost"))).StatusCode);
    }

    [Fact]
    public async Task Scope_ConcurrentCalls_KeepApart()
    {
        var boxes = await Task.WhenAll(Enumerable.Range(1, 20).Select(static async seconds =>
        {
            using var client = new HttpClient(new RetryAfterHandler(new StubHandler(429, "", null, ("Retry-After", $"{seconds}"))));
            await Task.Yield();
            var box = RetryAfterScope.NewBox();
            using (RetryAfterScope.Enter(box))
            {
                await client.GetAsync(new Uri("http://localhost"));
            }

            Assert.Null(RetryAfterScope.Current);
            return (seconds, box);
        }));

        Assert.All(boxes, static pair => Assert.Equal(TimeSpan.FromSeconds(pair.seconds), pair.box!.Value));
    }

    [Fact]
    public void Scope_Nested_RestoresTheOuterBox()
    {
        RetryAfterScope.Use();
        var outer = RetryAfterScope.NewBox();
        using (RetryAfterScope.Enter(outer))
        {
            using (RetryAfterScope.Enter(RetryAfterScope.NewBox()))
            {
                Assert.NotSame(outer, RetryAfterScope.Current);
            }

            Assert.Same(outer, RetryAfterScope.Current);
        }

        Assert.Null(RetryAfterScope.Current);
    }

    [Fact]
    public void Attach_NothingKnownOrNothingWritable_LeavesTheExceptionAlone()
    {
        var exception = new IOException();

        Assert.False(RetryAfterScope.Attach(null, exception));
        Assert.False(RetryAfterScope.Attach(new(), exception));
        Assert.False(RetryAfterScope.Attach(new() { Value = TimeSpan.Zero }, new ThrowingException()));
        Assert.Empty(exception.Data);
    }
}
