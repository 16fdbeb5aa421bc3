// Read a TMDL folder with Microsoft's own serializer, the one that Power BI Desktop opens a project with.
using System;
using Microsoft.AnalysisServices.Tabular;

class TmdlCheck
{
    static int Main(string[] arguments)
    {
        try
        {
            var model = TmdlSerializer.DeserializeDatabaseFromFolder(arguments[0]).Model;
            Console.WriteLine(model.Tables.Count + " tables, " + model.Relationships.Count + " relationships");
            return 0;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }
}
