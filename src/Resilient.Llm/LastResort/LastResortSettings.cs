using Resilient.Llm.Failures;

namespace Resilient.Llm.LastResort;

/// <summary>What a <see cref="LastResortBuilder"/> was told, fixed.</summary>
internal sealed record LastResortSettings(
    IReadOnlyList<LastResortRule> Rules,
    FaqIndex Faq,
    IReadOnlyList<LastResortSource> Sources,
    Func<LastResortContext, LastResortText> Text,
    Action<string, Exception>? OnError,
    int MaxResults,
    TimeSpan RuleTimeout,
    TimeSpan SearchTimeout,
    string? LocalGeography,
    int RulesInCode)
{
    /// <summary>
    /// Where a search runs: without a word of its own in this process, hence where the application does. Null: undeclared, and so for one that cannot say where it is.
    /// </summary>
    public string? GeographyOf(LastResortSource source)
    {
        try
        {
            return source.Search.Geography ?? LocalGeography;
        }
        catch (Exception exception)
        {
            Report(source.Name, exception);
            return null;
        }
    }

    /// <summary>
    /// What foreign work returns within its limit; null where it fails, is late or the caller cancels. A failure and a late end are
    /// reported under the name of the step. The result is read here too: a list of foreign code may throw while it is read.
    /// </summary>
    public async Task<TResult?> TryAsync<TWork, TResult>(
        string step,
        Func<CancellationToken, Task<TWork>?> start,
        Func<TWork, TResult?> read,
        string ifLate,
        TimeSpan limit,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
        where TResult : class
    {
        try
        {
            if (await TimeLimited.RunAsync(start, limit, timeProvider, cancellationToken).ConfigureAwait(false) is { } ended)
            {
                return read(await ended.ConfigureAwait(false));
            }

            if (!cancellationToken.IsCancellationRequested)
            {
                Report(step, new TimeoutException(ifLate));
            }
        }
        catch (Exception exception)
        {
            Report(step, exception);
        }

        return null;
    }

    /// <summary>Tells the application what went wrong. Its handler is foreign code, and an answer does not fail for it.</summary>
    public void Report(string step, Exception exception) => ForeignCode.Run(OnError, onError => onError?.Invoke(step, exception));
}

/// <summary>A search with its name for error reports. Owned ones were made by a factory and are disposed with the client.</summary>
internal sealed record LastResortSource(ISearchSource Search, bool IsOwned)
{
    public string Name { get; } = $"search {Search.GetType().Name}";
}
