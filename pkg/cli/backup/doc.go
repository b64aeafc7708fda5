// Package backup has the commands of backups. print.go is the table and the description of one.
package backup
