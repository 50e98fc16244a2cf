// Formwriter uploads a file as a form, written by mime/multipart:
// formwriter URL FILENAME VERSION FILE NAME-OF-THE-PART. It prints status and body.
package main

import (
	"fmt"
	"io"
	"log"
	"mime/multipart"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) != 6 {
		log.Fatal("usage: formwriter URL FILENAME VERSION FILE NAME-OF-THE-PART")
	}
	url, filename, version, path, part := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	body, pipe := io.Pipe()
	form := multipart.NewWriter(pipe)
	go func() { pipe.CloseWithError(write(form, filename, version, path, part)) }()
	answer, err := http.Post(url, form.FormDataContentType(), body)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.StatusCode, string(text))
}

func write(form *multipart.Writer, filename, version, path, part string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := form.WriteField("filename", filename); err != nil {
		return err
	}
	out, err := form.CreateFormFile("file", part)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, file); err != nil {
		return err
	}
	if err := form.WriteField("version", version); err != nil {
		return err
	}
	return form.Close()
}
