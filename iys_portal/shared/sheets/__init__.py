"""Files that people upload, read as rows: CSV and workbooks (XLSX), bounded in every direction and never evaluated."""
