using System.Net;
using FsCheck;
using FsCheck.Fluent;

namespace Resilient.Llm.Tests;

public sealed class HostileExceptionTests
{
    [Fact]
    public void Classify_TenThousandExceptionsDeep_IsBounded()
    {
        Exception deep = new HttpRequestException("x", null, HttpStatusCode.TooManyRequests);
        for (var i = 0; i < 10_000; i++)
        {
            deep = i % 2 == 0 ? new InvalidOperationException("x", deep) : new AggregateException(deep);
        }

        Assert.Equal(FailureKind.Unknown, ChatFailureClassifier.Default.Classify(deep).Kind);
    }

    [Fact]
    public void Classify_AHundredThousandExceptionsWide_AsksOnlySome()
    {
        var asked = 0;
        var options = new ChatFailureOptions();
        options.Extractors.Add(_ =>
        {
            asked++;
            return null;
        });

        new ChatFailureClassifier(options).Classify(new AggregateException(Enumerable.Range(0, 100_000).Select(static _ => new IOException())));

        Assert.InRange(asked, 1, 1000);
    }

    [Fact]
    public void Classify_HugeAndBrokenBodies_KeepWhatStoodFirst()
    {
        var huge = """{"error":{"code":"context_length_exceeded","message":"x"},"echo":" """ + new string('x', 5_000_000);
        var deep = """{"error":{"code":"context_length_exceeded","more":""" + new string('[', 500_000);

        Assert.Equal(FailureKind.ContextTooLong, ChatFailureClassifier.Default.Classify(new BodyException(400, huge)).Kind);
        Assert.Equal(FailureKind.ContextTooLong, ChatFailureClassifier.Default.Classify(new BodyException(400, deep)).Kind);
        Assert.Equal(FailureKind.InvalidRequest, ChatFailureClassifier.Default.Classify(new BodyException(400, """{"error":{"code":"\ud800"}}""")).Kind);
    }

    [Fact]
    public void Classify_AnyTreeWithAnyText_NeverThrowsAndOnlyTheCallerCancels() =>
        Prop.ForAll(Trees.ToArbitrary(), static tree =>
        {
            var failure = ChatFailureClassifier.Default.Classify(tree);
            return Enum.IsDefined(failure.Kind) && failure.Kind != FailureKind.Cancelled && ReferenceEquals(failure.Exception, tree)
                && failure.RetryAfter is not { Ticks: < 0 };
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Classify_AnyTreeWithACancellationTheCallerAskedFor_IsCancelled() =>
        Prop.ForAll(Trees.ToArbitrary(), static tree =>
            ChatFailureClassifier.Default.Classify(new AggregateException(new OperationCanceledException(), tree), new(canceled: true)).Kind == FailureKind.Cancelled)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Classify_AnswerThatCannotBeRead_DoesNotThrow()
    {
        Assert.Equal(FailureKind.Unknown, ChatFailureClassifier.Default.Classify(new UnreadableAnswerException()).Kind);
        Assert.Equal(FailureKind.ServerError, ChatFailureClassifier.Default.Classify(new TwoAnswersException()).Kind);
    }

    [Fact]
    public void Failure_AsText_DoesNotRepeatTheException() =>
        Assert.Equal(
            "ChatFailure { Unknown, RetryAfter = , Exception = InvalidOperationException }",
            ChatFailureClassifier.Default.Classify(new InvalidOperationException("the prompt")).ToString());

    private static Gen<Exception> Trees => Gen.Sized(Tree);

    private static Gen<Exception> Tree(int size) => size <= 1
        ? Gen.OneOf(
            ArbMap.Default.GeneratorFor<string?>().Select(static text => (Exception)new BodyException(400, null, text)),
            ArbMap.Default.GeneratorFor<string?>().Select(static text => (Exception)new BodyException(400, "{\"error\":" + text, text)),
            ArbMap.Default.GeneratorFor<string?>().Select(static text => (Exception)new AzureLikeException(429, text, text)),
            Gen.Choose(-5, 1000).Select(static status => (Exception)new GoogleLikeException(status)),
            Gen.Elements<Exception>(new ThrowingException(), new OperationCanceledException(), new IOException(), new TimeoutException(), new ChatCallRejectedException("x")))
        : Gen.OneOf(
            Tree(size / 2).Select(static inner => (Exception)new InvalidOperationException("x", inner)),
            Tree(size / 2).Select(static inner => (Exception)new TaskCanceledException("x", inner)),
            Tree(size / 2).Select(static inner => (Exception)new HttpRequestException("x", inner)),
            Gen.ListOf(Tree(size / 3), 3).Select(static inner => (Exception)new AggregateException(inner)));

#pragma warning disable CA1822 // Read by reflection, on the instance.
    private sealed class UnreadableAnswerException : Exception
    {
        public Answer GetRawResponse() => new();

        public sealed class Answer
        {
            public object Content => new ThrowingText();
        }

        private sealed class ThrowingText
        {
            public override string ToString() => throw new InvalidOperationException();
        }
    }

    private sealed class TwoAnswersException : Exception
    {
        public int Status => 500;

        public string GetRawResponse() => "";

        public string GetRawResponse<T>() => typeof(T).Name;
    }
#pragma warning restore CA1822
}
