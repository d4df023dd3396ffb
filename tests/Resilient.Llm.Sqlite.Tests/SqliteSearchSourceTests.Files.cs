using Microsoft.Data.Sqlite;

namespace Resilient.Llm.Sqlite.Tests;

public class SqliteSearchSourceFileTests
{
    [Fact]
    public async Task OpenFile_Reopened_KeepsTheDocuments()
    {
        using var file = new TemporaryFile();
        await using (var first = SqliteSearchSource.OpenFile(file.Name))
        {
            await first.AddAsync(new SearchDocument("1", "Reset your password", "Settings"));
        }

        await using var second = SqliteSearchSource.OpenFile(file.Name);

        Assert.Equal("Reset your password", Assert.Single(await second.SearchAsync("password", 1)).Title);
    }

    [Fact]
    public async Task Dispose_File_LeavesOneFileThatCanBeMoved()
    {
        using var file = new TemporaryFile();
        await using (var source = SqliteSearchSource.OpenFile(file.Name))
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(i => source.AddAsync(new SearchDocument($"{i}", "x", "y"))));
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => source.SearchAsync("x", 1)));
        }

        Assert.Equal([Path.GetFileName(file.Name)], file.Files);
    }

    [Fact]
    public async Task OpenFile_TwoSources_SeeEachOthersWrites()
    {
        using var file = new TemporaryFile();
        await using var writer = SqliteSearchSource.OpenFile(file.Name);
        await using var reader = SqliteSearchSource.OpenFile(file.Name);

        await writer.AddAsync(new SearchDocument("1", "Title", "Body"));
        await reader.AddAsync(new SearchDocument("2", "Title", "Body"));

        Assert.Equal((2, 2), (await reader.CountAsync(), await writer.CountAsync()));
    }

    [Fact]
    public void OpenFile_ManyAtOnce_CreateOneSchema()
    {
        for (var round = 0; round < 10; round++)
        {
            using var file = new TemporaryFile();

            Parallel.For(0, 8, _ => SqliteSearchSource.OpenFile(file.Name).Dispose());
        }
    }

    [Fact]
    public async Task OpenFile_NotADatabase_SaysSo()
    {
        using var file = new TemporaryFile();
        await File.WriteAllTextAsync(file.Name, new string('x', 5000));

        var exception = Assert.Throws<InvalidDataException>(() => SqliteSearchSource.OpenFile(file.Name));

        Assert.Contains(file.Name, exception.Message, StringComparison.Ordinal);
        Assert.Contains("not a SQLite database", exception.Message, StringComparison.Ordinal);
        Assert.Contains("file of its own", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenFile_DamagedDatabase_SaysSo()
    {
        using var file = new TemporaryFile();
        SqliteSearchSource.OpenFile(file.Name).Dispose();
        await using (var stream = File.OpenWrite(file.Name))
        {
            stream.Position = 100;
            stream.Write(new byte[900].Select(_ => (byte)0xEE).ToArray());
        }

        var exception = Assert.Throws<InvalidDataException>(() => SqliteSearchSource.OpenFile(file.Name));

        Assert.Contains("damaged", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE TABLE customer (id INTEGER)", "another application")]
    [InlineData("PRAGMA application_id = 17", "another application")]
    [InlineData("PRAGMA application_id = 1380731981; PRAGMA user_version = 2", "version 2")]
    public void OpenFile_OtherPeoplesDatabase_IsRefusedUnchanged(string sql, string reason)
    {
        using var file = new TemporaryFile();
        using (var connection = new SqliteConnection($"Data Source='{file.Name}';Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }

        var before = File.ReadAllBytes(file.Name);
        var exception = Assert.Throws<InvalidDataException>(() => SqliteSearchSource.OpenFile(file.Name));

        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(file.Name));
    }

    [Fact]
    public void OpenFile_NoSuchFolder_SaysSo()
    {
        using var file = new TemporaryFile();

        var exception = Assert.Throws<IOException>(() => SqliteSearchSource.OpenFile(Path.Combine(file.Name, "missing", "a.db")));

        Assert.Contains("folder must exist", exception.Message, StringComparison.Ordinal);
    }
}
