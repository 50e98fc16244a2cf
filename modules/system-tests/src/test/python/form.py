"""Uploads a file as a form: form.py WRITER URL FILENAME VERSION FILE NAME-OF-THE-PART; prints status and body."""
import sys

writer, url, filename, version, path, part = sys.argv[1:]
fields = {"filename": filename, "version": version}

with open(path, "rb") as file:
    if writer == "requests":
        import requests

        answer = requests.post(url, data=fields, files={"file": (part, file, "text/javascript")}, timeout=60)
        status, text = answer.status_code, answer.text
    elif writer == "httpx":
        import httpx

        answer = httpx.post(url, data=fields, files={"file": (part, file)}, timeout=60)
        status, text = answer.status_code, answer.text
    elif writer == "urllib3-rfc2231":
        # What urllib3 wrote in 2012 where a name is not plain ASCII: filename*=utf-8''...
        from urllib.parse import quote

        import urllib3
        from urllib3.fields import RequestField

        plain = part.isascii() and not any(c in part for c in '"\\\r\n')
        name = f'filename="{part}"' if plain else f"filename*=utf-8''{quote(part, safe='')}"
        field = RequestField("file", file.read(), headers={"Content-Disposition": f'form-data; {name}; name="file"'})
        answer = urllib3.request("POST", url, fields=[field, *fields.items()], timeout=60)
        status, text = answer.status, answer.data.decode()
    else:
        sys.exit("no such writer: " + writer)
print(status, text)
