namespace Resilient.Llm.Sqlite.Tests;

public class SqliteSearchSourceConcurrencyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SearchesAndWrites_AtTheSameTime_AllSucceed(bool inFile)
    {
        using var file = new TemporaryFile();
        await using var source = inFile ? SqliteSearchSource.OpenFile(file.Name) : SqliteSearchSource.InMemory();
        await source.AddAsync(new SearchDocument("fixed", "Fixed", "anchor"));

        var work = Enumerable.Range(0, 60).Select(i => (i % 3) switch
        {
            0 => source.AddAsync(Enumerable.Range(0, 20).Select(d => new SearchDocument($"{i}-{d}", $"Title {d}", "word"))),
            1 => SearchAsync(),
            _ => source.AddAsync(new SearchDocument("fixed", $"Fixed {i}", "anchor")),
        });
        await Task.WhenAll(work);

        Assert.Equal(401, await source.CountAsync());
        Assert.Single(await source.SearchAsync("anchor", 9));

        async Task SearchAsync() => Assert.Single(await source.SearchAsync("anchor", 9));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_WorkInProgress_EndsOrIsRefused(bool inFile)
    {
        using var file = new TemporaryFile();
        var source = inFile ? SqliteSearchSource.OpenFile(file.Name) : SqliteSearchSource.InMemory();
        using var started = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);

        var writing = source.AddAsync(Documents());
        await started.WaitAsync();
        var waiting = source.AddAsync(new SearchDocument("2", "b", "c"));
        source.Dispose();
        goOn.Release();

        await writing;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => source.CountAsync());

        IEnumerable<SearchDocument> Documents()
        {
            started.Release();
            goOn.Wait();
            yield return new("1", "a", "b");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Search_Cancelled_Throws(bool inFile)
    {
        using var file = new TemporaryFile();
        await using var source = inFile ? SqliteSearchSource.OpenFile(file.Name) : SqliteSearchSource.InMemory();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => source.SearchAsync("word", 1, new CancellationToken(true)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Search_InterruptedAtAnyMoment_LeavesTheIndexUsable(bool inFile)
    {
        using var file = new TemporaryFile();
        await using var source = inFile ? SqliteSearchSource.OpenFile(file.Name) : SqliteSearchSource.InMemory();
        await source.AddAsync(Enumerable.Range(0, 20_000).Select(i => new SearchDocument($"{i}", $"Title {i}", "word other thing")));

        var interrupted = 0;
        for (var i = 0; i < 60; i++)
        {
            using var stop = new CancellationTokenSource();
            var searching = source.SearchAsync("word other thing", 3, stop.Token);
            Thread.SpinWait(i * 5000);
            await stop.CancelAsync();
            await searching.ContinueWith(_ => { }, TaskScheduler.Default);
            interrupted += searching.IsCanceled ? 1 : 0;
            Assert.False(searching.IsFaulted, searching.Exception?.ToString());
        }

        Assert.True(interrupted > 0);
        Assert.Equal(3, (await source.SearchAsync("word", 3)).Count);
        await source.AddAsync(new SearchDocument("new", "needle", ""));
        Assert.Single(await source.SearchAsync("needle", 3));
    }

    [Fact]
    public async Task Search_CancelledWhileAWriteGoesOnInMemory_DoesNotWaitForIt()
    {
        await using var source = SqliteSearchSource.InMemory();
        using var goOn = new SemaphoreSlim(0);
        using var stop = new CancellationTokenSource();
        var writing = source.AddAsync(Documents());

        var searching = source.SearchAsync("word", 1, stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => searching);
        goOn.Release();
        await writing;

        IEnumerable<SearchDocument> Documents()
        {
            goOn.Wait();
            yield return new("1", "a", "b");
        }
    }
}
